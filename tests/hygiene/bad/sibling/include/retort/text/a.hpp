#pragma once
#include <retort/io/b.hpp>
