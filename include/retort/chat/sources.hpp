// Prompts with sources: files and web results put into the user's turn the way DeepSeek R1 was trained to read them.
// The markers are DeepSeek's published ones; the wording around them is Retort's own.
#pragma once

#include <retort/api.hpp>

RETORT_BEGIN

/// The user's turn for a question about files: each between its markers, the question last.
///
/// errors  none; a marker inside a file's content is the caller's to judge (the result is user text in any case)
/// source  the R1 model card, "file" prompt form
inline std::string prompt_with_files(std::span<const source_file> files, std::string_view question) {
  std::string out;
  for (const source_file& f : files) {
    out += "[file name]: " + f.name + "\n[file content begin]\n" + f.content;
    out += "\n[file content end]\n";
  }
  return out.append(question);
}

namespace detail {

struct source_words {
  std::string_view intro, today, today_end, rules, question;
};

inline const source_words& words_of(source_language language) noexcept {
  static constexpr source_words english{
      "Below are web pages that a search for the user's message found. Each stands between [webpage N begin] and "
      "[webpage N end], where N is its number.\n",
      "Today is ", ".\n",
      "How to answer:\n"
      "- Put [citation:N] at the end of every sentence that rests on page N, and [citation:N][citation:M] if it rests "
      "on "
      "several. Cite where the fact stands, not in one list at the end.\n"
      "- Some pages may not fit the question. Judge each one, and leave out what does not help.\n"
      "- If the user asks for a list, give the most important points, at most ten, and say that the pages hold more.\n"
      "- If the user asks for a text of his own, an essay or a story, write it in full and draw on several pages.\n"
      "- If the answer is short, a sentence or two of context may follow it.\n"
      "- Choose a form that is easy to read: sections or points for a long answer, plain sentences for a short one.\n"
      "- Prefer what several pages agree on, and mention it when they disagree.\n"
      "- Answer in the language of the question, unless the user wishes otherwise.\n",
      "The user's message:\n"};
  static constexpr source_words chinese{
      "以下是根据用户消息搜索到的网页。每个网页位于 [webpage N begin] 与 [webpage N end] 之间，N 为网页编号。\n",
      "今天的日期是", "。\n",
      "回答要求：\n"
      "- 凡是依据网页 N 的句子，请在句末标注 [citation:N]；依据多个网页时写成 "
      "[citation:N][citation:M]。请在相应位置标注，不要集中放在结尾。\n"
      "- 并非所有网页都与问题有关，请自行判断，舍弃无用的内容。\n"
      "- 列举类问题请给出最重要的要点，不超过十条，并说明网页中还有更多内容。\n"
      "- 写作类问题请结合多个网页写出完整的文章。\n"
      "- 如果答案很短，可以补充一两句背景。\n"
      "- 请选择便于阅读的形式：长答案分节或分点，短答案直接叙述。\n"
      "- 优先采用多个网页一致的说法；说法不一致时请指出。\n"
      "- 除非用户另有要求，请使用与问题相同的语言回答。\n",
      "用户消息：\n"};
  static constexpr source_words arabic{
      "فيما يلي صفحات من الويب وُجدت عند البحث عن رسالة المستخدم. تقع كل صفحة بين [webpage N begin] و[webpage N end]، "
      "حيث N رقم الصفحة.\n",
      "تاريخ اليوم: ", ".\n",
      "طريقة الإجابة:\n"
      "- ضع [citation:N] في آخر كل جملة تستند إلى الصفحة N، و[citation:N][citation:M] إن استندت إلى عدة صفحات، في موضع "
      "المعلومة لا في قائمة واحدة في النهاية.\n"
      "- قد لا تتصل بعض الصفحات بالسؤال؛ احكم على كل صفحة واترك ما لا ينفع.\n"
      "- إذا طُلبت قائمة فاذكر أهم النقاط، عشرًا على الأكثر، وأشر إلى أن في الصفحات مزيدًا.\n"
      "- إذا طُلب نص أو مقال فاكتبه كاملًا مستفيدًا من عدة صفحات.\n"
      "- إذا كان الجواب قصيرًا فلا بأس بجملة أو جملتين من السياق بعده.\n"
      "- اختر شكلًا سهل القراءة: أقسامًا أو نقاطًا للجواب الطويل، وجملًا بسيطة للقصير.\n"
      "- قدّم ما تتفق عليه عدة صفحات، واذكر الخلاف إن وُجد.\n"
      "- أجب بلغة السؤال ما لم يطلب المستخدم غير ذلك.\n",
      "رسالة المستخدم:\n"};
  return language == source_language::chinese ? chinese : language == source_language::arabic ? arabic : english;
}

}  // namespace detail

/// The user's turn for a question about web results: each between its markers, then the rules, the question last.
/// The answer cites page N (from 1) as [citation:N].
///
/// today   a date as the user would read it; empty leaves it out
/// errors  none
/// source  the R1 model card, "web search" prompt form
inline std::string prompt_with_pages(std::span<const source_page> pages, std::string_view question,
                                     std::string_view today, source_language language = source_language::english) {
  const detail::source_words& words = detail::words_of(language);
  std::string out(words.intro);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    const source_page& p = pages[i];
    out += "[webpage " + number + " begin]\n";
    for (const std::string* line : {&p.title, &p.url, &p.date})
      if (!line->empty()) out += *line + "\n";
    out += p.content + "\n[webpage " + number + " end]\n";
  }
  if (!today.empty()) out.append(words.today).append(today).append(words.today_end);
  return out.append(words.rules).append(words.question).append(question);
}

/// The same for whatever there is; files stand with the question.
inline std::string prompt_with(const sources& about, std::string_view question) {
  const std::string asked = prompt_with_files(about.files, question);
  return about.pages.empty() ? asked : prompt_with_pages(about.pages, asked, about.today, about.language);
}

RETORT_END
