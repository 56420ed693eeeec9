// GET /errors: what each error means and what to do, where `error_uri` and the `type` of a problem lead.
#include <algorithm>
#include <memory>

#include "endpoints/admin/frame/problem.h"
#include "endpoints/app.h"
#include "endpoints/oauth.h"
#include "flows/page.h"
#include "pages/layout.h"

namespace deputy::endpoints {
namespace {

using pages::el;
using pages::Html;

// `these` are set as code.
Html prose(std::string_view text) {
  Html out;
  for (bool code = false;; code = !code) {
    const auto part = text.substr(0, text.find('`'));
    out.add(code ? el("code", {}, {Html(part)}) : Html(part));
    if (part.size() == text.size()) return out;
    text.remove_prefix(part.size() + 1);
  }
}

Html of_oauth(const oauth::CodeRow& row) {
  const auto where = row.status == 0 ? "at the redirect URI" : "status " + std::to_string(row.status);
  return el("p", {}, {"OAuth: " + where + " (", row.source, "). ", prose(row.doc)});
}

Html of_admin(const admin::ProblemRow& row) {
  return el("p", {}, {el("code", {}, {"/v1"}), ": status " + std::to_string(row.status) + ". ", row.title, ". ",
                      prose(row.doc)});
}

// One section a code, for a link to it says no more than the code: what it is at either of the two.
std::string written() {
  std::vector<Html> parts{el("h1", {}, {"Errors"}),
                          el("p", {}, {prose("The event of a refusal has the reason: the header `X-Correlation-Id` of "
                                             "the answer finds it.")})};
  const auto section = [&](std::string_view code, const Html& said) {
    parts.push_back(el("section", {{"id", code}}, {el("h2", {}, {code}), said}));
  };
  for (const auto& row : oauth::code_table) {
    auto said = of_oauth(row);
    for (const auto& other : admin::problem_table)
      if (other.code == row.wire) said.add(of_admin(other));
    section(row.wire, said);
  }
  for (const auto& row : admin::problem_table) {
    const auto same = [&](const oauth::CodeRow& other) { return other.wire == row.code; };
    if (std::none_of(oauth::code_table.begin(), oauth::code_table.end(), same)) section(row.code, of_admin(row));
  }
  return pages::page(pages::Speaker(pages::Language::en), {.title = "Errors", .width = pages::Width::wide},
                     el("div", {}, parts));
}

}  // namespace

Answer errors_page(const Call&, App&) {
  static const auto text = std::make_shared<const std::string>(written());
  http::Response response{.status = 200,
                          .content_type = "text/html; charset=utf-8",
                          .headers = flows::page_headers("'none'", flows::Opener::severed)};
  response.headers.emplace_back("Cache-Control", "public, max-age=3600");
  response.document = text;
  return {.response = std::move(response), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints
