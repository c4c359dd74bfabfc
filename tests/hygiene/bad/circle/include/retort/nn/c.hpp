#pragma once
#include <retort/nn/a.hpp>
