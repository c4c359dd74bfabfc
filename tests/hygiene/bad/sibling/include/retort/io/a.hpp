#pragma once
#include <retort/text/b.hpp>
