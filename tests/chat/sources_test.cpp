#include "catch.hpp"

#include <retort/chat/sources.hpp>

using namespace retort;

TEST_CASE("sources: files stand between their markers, the question comes last") {
  const source_file files[] = {{"a.txt", "one\ntwo"}, {"b.md", ""}};
  CHECK(prompt_with_files(files, "Why?") ==
        "[file name]: a.txt\n[file content begin]\none\ntwo\n[file content end]\n"
        "[file name]: b.md\n[file content begin]\n\n[file content end]\nWhy?");
  CHECK(prompt_with_files({}, "Why?") == "Why?");
}

TEST_CASE("sources: pages are numbered from 1 in every language") {
  const source_page pages[] = {{"Damascus", "https://example.org", "", "Steel."}, {"", "", "", "More."}};
  for (source_language language : {source_language::english, source_language::chinese, source_language::arabic}) {
    const std::string p = prompt_with_pages(pages, "ما هذا؟", "2026-01-15", language);
    CHECK(p.find("[webpage 1 begin]\nDamascus\nhttps://example.org\nSteel.\n[webpage 1 end]\n[webpage 2 "
                 "begin]\nMore.\n[webpage 2 end]\n") != std::string::npos);
    CHECK(p.find("2026-01-15") != std::string::npos);
    CHECK(p.find("[citation:N]") != std::string::npos);
    CHECK(p.ends_with("ما هذا؟"));
  }
  CHECK(prompt_with_pages(pages, "q", "").find("Today") == std::string::npos);
}
