// Objects are kept with their members in one order, so that the same object is the same text.
#include "delegation/registered.h"

#include <algorithm>
#include <functional>

namespace deputy::delegation {
namespace {

using oauth::Code;
using oauth::Error;

constexpr std::size_t text_max = 1000, all_max = 4096;

Fail<Error> refused(std::string sentence) {
  return Fail{Error(Code::invalid_authorization_details, std::move(sentence))};
}

json::value in_order(const json::value& value) {
  if (value.is_array()) {
    json::array out;
    for (const auto& one : value.get_array()) out.push_back(in_order(one));
    return out;
  }
  if (!value.is_object()) return value;
  std::vector<std::string_view> names;
  for (const auto& member : value.get_object()) names.emplace_back(member.key());
  std::sort(names.begin(), names.end());
  json::object out;
  for (const auto name : names) out[name] = in_order(value.get_object().at(name));
  return out;
}

bool short_texts(const json::value& value) {
  if (value.is_string()) return value.get_string().size() <= text_max;
  if (value.is_array()) return std::all_of(value.get_array().begin(), value.get_array().end(), short_texts);
  if (!value.is_object()) return true;
  return std::all_of(value.get_object().begin(), value.get_object().end(),
                     [](const auto& member) { return short_texts(member.value()); });
}

// Empty: it is no object, which nothing is within.
json::object object_of(const Detail& detail) {
  auto object = parse_json_object(detail.object);
  return object ? std::move(object).take() : json::object();
}

// Which of the pool each of those asked is given by: as many of them as can be (Kuhn's augmenting paths).
class Matching {
 public:
  Matching(std::size_t asked, std::size_t pool, std::function<bool(std::size_t, std::size_t)> within)
      : asked_(asked), taken_by_(pool, asked), within_(std::move(within)) {}

  std::vector<bool> run() {
    std::vector<bool> given(asked_);
    for (std::size_t i = 0; i < asked_; ++i) {
      std::vector<bool> tried(taken_by_.size());
      given[i] = place(i, tried);
    }
    return given;
  }

 private:
  bool place(std::size_t one, std::vector<bool>& tried) {
    for (std::size_t at = 0; at < taken_by_.size(); ++at) {
      if (tried[at] || !within_(one, at)) continue;
      tried[at] = true;
      if (taken_by_[at] != asked_ && !place(taken_by_[at], tried)) continue;
      taken_by_[at] = one;
      return true;
    }
    return false;
  }

  std::size_t asked_;
  std::vector<std::size_t> taken_by_;  // asked_: nobody
  std::function<bool(std::size_t, std::size_t)> within_;
};

}  // namespace

Result<std::vector<Detail>, Error> resolve(const std::vector<json::object>& sent, Resources resources) {
  std::vector<Detail> out;
  std::size_t bytes = 0;
  for (const auto& object : sent) {
    const auto type = json_text(object, "type").value_or("");
    const auto registers = [&](const auto& one) { return one->detail_type(type) != nullptr; };
    const auto found = std::find_if(resources.begin(), resources.end(), registers);
    // The same whether nobody registers it or a resource that was not asked for does.
    if (found == resources.end())
      return refused("no resource that is asked for registers that type of authorization detail");
    auto text = json::serialize(in_order(object));
    bytes += text.size();
    if (bytes > all_max || !short_texts(object))
      return refused("authorization_details hold more than 4 KiB, or a text of more than 1000 bytes");
    if (!(*found)->detail_type(type)->accepts(object))
      return refused("an authorization detail is not as the schema of its type has it");
    Detail detail{(*found)->id, std::move(text)};
    if (std::find(out.begin(), out.end(), detail) != out.end())
      return refused("an authorization detail is sent twice: it would count once, so ask for what covers both");
    out.push_back(std::move(detail));
  }
  return sorted(std::move(out));
}

std::vector<Detail> living(const std::vector<Detail>& details, const directory::Resource& resource) {
  std::vector<Detail> out;
  for (const auto& one : details) {
    if (one.resource != resource.id) continue;
    const auto object = object_of(one);
    const auto* type = resource.detail_type(json_text(object, "type").value_or(""));
    if (type != nullptr && type->accepts(object)) out.push_back(one);
  }
  return out;
}

std::vector<Detail> drawable(const std::vector<Detail>& asked, const std::vector<Detail>& pool,
                             const directory::Resource& resource) {
  const auto wanted = living(asked, resource), held = living(pool, resource);
  std::vector<json::object> narrower, wider;
  for (const auto& one : wanted) narrower.push_back(object_of(one));
  for (const auto& one : held) wider.push_back(object_of(one));
  const auto within = [&](std::size_t one, std::size_t other) {
    const auto* type = resource.detail_type(json_text(narrower[one], "type").value_or(""));
    return type != nullptr && type->within(narrower[one], wider[other]);
  };
  const auto given = Matching(wanted.size(), held.size(), within).run();
  std::vector<Detail> out;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (given[i]) out.push_back(wanted[i]);
  return out;
}

Result<std::vector<Detail>, Error> narrowed(const std::vector<Detail>& asked, const std::vector<Detail>& pool,
                                            const directory::Resource& resource) {
  auto given = drawable(asked, pool, resource);
  // RFC 9396 §6.1, §7.1: what is asked for is within what was granted, by the rules of each type.
  if (given.size() != asked.size()) return refused("an authorization detail is not within what was granted");
  return given;
}

std::vector<Detail> sorted(std::vector<Detail> details) {
  std::sort(details.begin(), details.end());
  details.erase(std::unique(details.begin(), details.end()), details.end());
  return details;
}

std::string text_of(const std::vector<Detail>& details) {
  if (details.empty()) return "";
  std::string text = "[";
  for (const auto& one : details) text.append(text.size() == 1 ? "" : ",").append(one.object);
  return text + "]";
}

std::vector<Detail> details_in(std::string_view text, const directory::Resource& resource) {
  std::vector<Detail> out;
  const auto list = parse_json(text.empty() ? "[]" : text);
  if (!list || !list->is_array()) return out;
  for (const auto& one : list->get_array())
    if (one.is_object()) out.push_back({resource.id, json::serialize(in_order(one))});
  return sorted(std::move(out));
}

}  // namespace deputy::delegation
