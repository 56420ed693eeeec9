// Names: what people call the records that a page speaks of.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "directory/detail_type.h"
#include "endpoints/app.h"
#include "pages/views/consent.h"

namespace deputy::endpoints::people {

class Names {
 public:
  Names(App& app, std::string_view tenant) : app_(app), tenant_(tenant) {}

  // The record's body; empty where there is none.
  Result<json::object, Fault> body_of(std::string_view id);
  // Its name, or the username, or at last the id itself.
  Result<std::string, Fault> name_of(std::string_view id);
  // "Alice Ferrari (alice)": two may bear one name.
  Result<std::string, Fault> person_of(std::string_view user);
  // The name, with the identifier clients are told, and the name of whoever is accountable.
  Result<pages::Party, Fault> party_of(std::string_view id);

 private:
  App& app_;
  std::string tenant_;
  std::map<std::string, std::string, std::less<>> known_;
  std::map<std::string, pages::Party, std::less<>> parties_;
};

// What a scope of the issuer's own, or a claim by itself (directory::token_of_claim), tells of a person, in words;
// empty: there are none for it.
std::string told_in_words(const pages::Speaker& say, std::string_view token);

// A detail as a page shows it, in the language of the tag.
pages::DetailView view_of(const delegation::Detail& detail, const directory::Resource& resource, std::string_view tag);

// The pairs of a delegation as a page groups them: by resource, and by who may draw them.
Result<std::vector<pages::SwitchGroup>, Fault> groups_of(const delegation::Authority& authority, App& app,
                                                         std::string_view tenant, Names& names);

}  // namespace deputy::endpoints::people
