#pragma once
inline void a() { std::printf("a"); }
