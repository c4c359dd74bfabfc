#pragma once
#include <retort/nn/b.hpp>
