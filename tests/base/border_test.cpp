// What every public call does around its work.
#include "catch.hpp"

#include <retort/base/border.hpp>
#include <retort/base/task.hpp>

#include <vector>

using namespace retort;

TEST_CASE("border: memory that runs out is an error, after the object is put back") {
  bool put_back = false;
  const auto undo = [&] { put_back = true; };
  const auto r = detail::at_border([]() -> result<int> { throw std::bad_alloc(); }, undo);
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::no_memory);
  CHECK(r.error().what == "out of memory");
  CHECK(put_back);
  CHECK(detail::at_border([]() -> result<void> {
          std::vector<char>().reserve(static_cast<std::size_t>(-1));
          return {};
        })
            .error()
            .code == errc::no_memory);
}

TEST_CASE("border: an exception of the host passes through, after the object is put back") {
  bool put_back = false;
  const auto call = [&] { return detail::at_border([]() -> result<int> { throw 7; }, [&] { put_back = true; }); };
  CHECK_THROWS_AS(call(), int);
  CHECK(put_back);
}

TEST_CASE("border: what succeeds is left alone") {
  bool put_back = false;
  CHECK(detail::at_border([]() -> result<int> { return 3; }, [&] { put_back = true; }).value() == 3);
  CHECK(detail::at_border([] { return 4; }, [] {}, [] { return 5; }) == 4);
  CHECK_FALSE(put_back);
}

TEST_CASE("border: the error of memory needs none to be copied and handed on") {
  const error e = detail::out_of_memory();
  const char* const text = e.what.data();
  const auto* const object = reinterpret_cast<const char*>(&e);
  CHECK((text >= object && text < object + sizeof e));  // inside the string itself
}

TEST_CASE("border: a budget without end is the end of time, not the past") {
  CHECK(deadline_after(std::chrono::nanoseconds::max()) == work_clock::time_point::max());
  CHECK(deadline_after(std::chrono::nanoseconds::min()) < work_clock::now());
  CHECK(deadline_after(std::chrono::hours(1)) > work_clock::now());
}
