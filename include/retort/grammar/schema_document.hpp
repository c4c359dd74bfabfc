// A JSON schema as a document: what its references lead to.
#pragma once

#include <retort/text/json.hpp>
#include <retort/text/utf8.hpp>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <vector>

RETORT_BEGIN
namespace detail {

/// The references of a schema: `#`, `#/pointer`, `#anchor`, and the names that parts of the document give themselves
/// by `$id`. Nothing outside the document is ever read.
/// source  JSON Schema 2020-12, sections 8 and 9; RFC 3986, section 5.2; RFC 6901
class schema_document {
 public:
  explicit schema_document(const json& root) : root_(root) {
    resources_.try_emplace("", &root);
    if (root.is_object())
      if (const json* at = root.find("$schema")) is_old_ = at->text().find("/draft-0") != std::string::npos;
    std::vector<place> todo = {{&root, "", false}};  // what is nested must not cost stack
    while (!todo.empty()) {
      const place next = std::move(todo.back());
      todo.pop_back();
      const std::size_t n = todo.size();
      note(next, todo);
      std::reverse(todo.begin() + static_cast<std::ptrdiff_t>(n), todo.end());
    }
  }

  /// Where the reference of a schema leads; null where that is not in the document.
  [[nodiscard]] const json* resolve(const json& from, std::string_view reference) const {
    const auto known = bases_.find(&from);
    const std::string base = known == bases_.end() ? std::string() : known->second;
    const std::size_t hash = std::min(reference.find('#'), reference.size());
    std::string name = joined(base, reference.substr(0, hash));
    const std::string fragment = decoded(reference.substr(std::min(hash + 1, reference.size())));
    if (const auto at = anchors_.find(name + "#" + fragment); at != anchors_.end()) return at->second;
    const auto resource = resources_.find(name);
    if (resource == resources_.end()) return nullptr;
    return fragment.empty() || fragment[0] == '/' ? at_pointer(*resource->second, fragment) : nullptr;
  }
  /// Whether more than one schema answers to a dynamic reference, so that the way to it would decide.
  [[nodiscard]] bool is_ambiguous(std::string_view anchor) const {
    const auto n = dynamic_.find(std::string(anchor));
    return n != dynamic_.end() && n->second > 1;
  }

  /// The JSON pointer of a part of the document; empty for what is no part of it.
  [[nodiscard]] std::string pointer_of(const json& part) const {
    struct seen {
      const json* at;
      std::size_t parent;
      const std::string* key;  // of an object, or ...
      std::size_t index;       // ... of an array
    };
    std::vector<seen> all = {{&root_, 0, nullptr, 0}};
    for (std::size_t i = 0; i < all.size(); ++i) {
      const json& in = *all[i].at;
      if (&in == &part) {
        std::string out;
        for (std::size_t at = i; at != 0; at = all[at].parent)
          out.insert(0, "/" + (all[at].key ? escaped(*all[at].key) : std::to_string(all[at].index)));
        return out;
      }
      if (in.is_object())
        for (const auto& [key, value] : in.items()) all.push_back({&value, i, &key, 0});
      if (in.is_array())
        for (std::size_t k = 0; k < in.size(); ++k) all.push_back({&in[k], i, nullptr, k});
    }
    return {};
  }
  static std::string escaped(std::string_view key) {
    std::string out;
    for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return out;
  }

 private:
  static bool is_map(std::string_view key) {
    for (const std::string_view k :
         {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"})
      if (k == key) return true;
    return false;
  }
  static bool holds_values(std::string_view key) {
    return key == "enum" || key == "const" || key == "default" || key == "examples" || key == "example";
  }
  struct place {
    const json* part;
    std::string base;
    bool map;
  };
  /// Notes the names in a part, and what is inside it; in a map of schemas the keys are names of other things.
  void note(const place& where, std::vector<place>& inside) {
    const json& part = *where.part;
    std::string base = where.base;
    const bool map = where.map;
    if (part.is_array()) {
      for (const json& p : part)
        if (p.is_object() || p.is_array()) inside.push_back({&p, base, false});
      return;
    }
    if (!part.is_object()) return;
    const auto text = [&part](const char* key) -> const std::string* {
      const json* const at = part.find(key);
      return at ? at->get_ptr<const std::string*>() : nullptr;
    };
    if (!map) {
      const std::string* id = text("$id");
      if (!id) id = text("id");
      if (is_old_ && text("$ref")) id = nullptr;  // before 2019 a reference stood alone
      if (id && id->starts_with('#')) {
        anchors_.try_emplace(base + *id, &part);
      } else if (id) {
        base = joined(base, std::string_view(*id).substr(0, id->find('#')));
        resources_.try_emplace(base, &part);
      }
      if (const auto* anchor = text("$anchor")) anchors_.try_emplace(base + "#" + *anchor, &part);
      if (const auto* anchor = text("$dynamicAnchor")) {
        anchors_.try_emplace(base + "#" + *anchor, &part);
        ++dynamic_[*anchor];
      }
      if (part.contains("$recursiveAnchor")) ++dynamic_[""];
    }
    bases_.emplace(&part, base);
    for (const auto& [key, value] : part.items())
      if ((value.is_object() || value.is_array()) && (map || !holds_values(key)))
        inside.push_back({&value, base, !map && is_map(key)});
  }

  static std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto hex = [&](std::size_t n) { return n < text.size() ? hex_digit(text[n]) : -1; };
      if (text[i] == '%' && hex(i + 1) >= 0 && hex(i + 2) >= 0) {
        out += static_cast<char>(static_cast<unsigned char>(hex(i + 1) * 16 + hex(i + 2)));
        i += 2;
      } else {
        out += text[i];
      }
    }
    return out;
  }
  static const json* at_pointer(const json& from, std::string_view pointer) {
    const json* at = &from;
    for (std::size_t i = 0; i < pointer.size();) {
      const std::size_t end = std::min(pointer.find('/', i + 1), pointer.size());
      std::string key;
      for (std::size_t k = i + 1; k < end; ++k) {
        const bool escape = pointer[k] == '~' && k + 1 < end && (pointer[k + 1] == '0' || pointer[k + 1] == '1');
        key += escape ? (pointer[++k] == '0' ? '~' : '/') : pointer[k];
      }
      const json* next = nullptr;
      if (at->is_object() && at->contains(key)) next = &(*at)[key];
      if (at->is_array() && !key.empty() && key.size() < 7 && key.find_first_not_of("0123456789") == key.npos) {
        std::size_t n = 0;
        for (const char c : key) n = n * 10 + static_cast<std::size_t>(c - '0');
        if (n < at->size()) next = &(*at)[n];
      }
      if (!next) return nullptr;
      at = next;
      i = end;
    }
    return at;
  }
  /// A reference without fragment, seen from a base.
  static std::string joined(const std::string& base, std::string_view reference) {
    struct parts {
      std::string_view scheme, authority, path;  // "http:", "//host", "/a/b?c"
      explicit parts(std::string_view of) {
        const std::size_t colon = of.find(':'), slash = of.find_first_of("/?");
        if (colon != of.npos && colon < slash) {
          scheme = of.substr(0, colon + 1);
          of.remove_prefix(colon + 1);
        }
        if (of.starts_with("//")) {
          authority = of.substr(0, std::min(of.find_first_of("/?", 2), of.size()));
          of.remove_prefix(authority.size());
        }
        path = of;
      }
    };
    const parts b(base), r(reference);
    if (reference.empty()) return base;
    if (!r.scheme.empty() || base.empty()) return std::string(reference);
    if (!r.authority.empty()) return std::string(b.scheme) + std::string(reference);
    const std::string root = std::string(b.scheme) + std::string(b.authority);
    if (r.path.starts_with('/')) return root + std::string(r.path);
    std::string path(b.path.substr(0, std::min(b.path.rfind('/') + 1, b.path.size())));
    if (path.empty() && !b.authority.empty()) path = "/";
    std::string_view rest = r.path;
    while (true) {  // ./ and ../
      if (rest.starts_with("./")) {
        rest.remove_prefix(2);
      } else if (rest.starts_with("../")) {
        rest.remove_prefix(3);
        if (path.size() > 1) path.pop_back();
        path.resize(std::min(path.rfind('/') + 1, path.size()));
      } else {
        return root + path + std::string(rest);
      }
    }
  }

  const json& root_;
  bool is_old_ = false;
  std::map<std::string, const json*> resources_, anchors_;
  std::map<std::string, std::size_t> dynamic_;  // how many schemas have the dynamic anchor
  std::unordered_map<const json*, std::string> bases_;
};

}  // namespace detail
RETORT_END
