#pragma once
inline void a() { throw 1; }
