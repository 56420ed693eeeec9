// The queues of hosts in the queues of tenants.
#include "tokens/call_turns.h"

#include <algorithm>

namespace deputy::tokens {

std::string host_of(std::string_view uri) {
  if (const auto at = uri.find("://"); at != std::string_view::npos) uri.remove_prefix(at + 3);
  uri = uri.substr(0, uri.find_first_of("/?#"));
  if (const auto at = uri.rfind('@'); at != std::string_view::npos) uri.remove_prefix(at + 1);
  uri = uri.starts_with('[') ? uri.substr(0, uri.find(']')) : uri.substr(0, uri.find(':'));
  std::string host(uri);
  for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return host;
}

bool CallTurns::has_room(const std::string& tenant) const {
  const auto found = tenants_.find(tenant);
  return waiting_ < limits_.waiting_max &&
         (found == tenants_.end() || found->second.waiting < limits_.waiting_of_tenant_max);
}

bool CallTurns::add(const std::string& tenant, const std::string& host, std::string what) {
  if (!has_room(tenant)) return false;
  auto& of = tenants_[tenant];
  auto& at = of.hosts[host];
  if (at.waiting.size() >= limits_.waiting_of_host_max) return false;
  if (of.waiting == 0) turns_.push_back(tenant);
  if (at.waiting.empty() && !at.called) of.turns.push_back(host);
  at.waiting.push_back(std::move(what));
  ++of.waiting;
  ++waiting_;
  return true;
}

std::optional<CallTurns::Call> CallTurns::take() {
  for (auto turn = turns_.begin(); turn != turns_.end(); ++turn) {
    auto& of = tenants_.at(*turn);
    if (of.calling >= limits_.calls_of_tenant_max) continue;
    const auto free = std::find_if(of.turns.begin(), of.turns.end(),
                                   [&](const std::string& host) { return !called_.contains(host); });
    if (free == of.turns.end()) continue;
    auto& at = of.hosts.at(*free);
    Call call{*turn, *free, std::move(at.waiting.front())};
    at.waiting.pop_front();
    at.called = true;
    called_.insert(call.host);
    of.turns.erase(free);
    turns_.erase(turn);
    ++of.calling;
    --waiting_;
    if (--of.waiting > 0) turns_.push_back(call.tenant);
    return call;
  }
  return std::nullopt;
}

void CallTurns::done(const Call& call) {
  const auto of = tenants_.find(call.tenant);
  const auto at = of->second.hosts.find(call.host);
  called_.erase(call.host);
  --of->second.calling;
  at->second.called = false;
  if (!at->second.waiting.empty()) of->second.turns.push_back(call.host);
  else of->second.hosts.erase(at);
  if (of->second.hosts.empty()) tenants_.erase(of);
}

}  // namespace deputy::tokens
