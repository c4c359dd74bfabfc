#pragma once
// On request: retort/tensor/eigen.hpp
#include <retort/nn/a.hpp>
