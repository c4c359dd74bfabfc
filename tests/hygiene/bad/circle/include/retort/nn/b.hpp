#pragma once
#include <retort/nn/c.hpp>
