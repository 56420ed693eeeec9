// Result<T, E>: a value or the reason there is none. The only way a function here says "no".
#pragma once

#include <concepts>
#include <cstdlib>
#include <utility>
#include <variant>

namespace deputy {

template <class E>
struct Fail {
  E error;
};
template <class E>
Fail(E) -> Fail<E>;

template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Fail<E> fail) : state_(std::in_place_index<1>, std::move(fail.error)) {}
  // A lower layer's error rises by that error's one converting constructor, and no other way.
  template <class Lower>
    requires std::convertible_to<Lower, E> && (!std::same_as<Lower, E>)
  Result(Fail<Lower> fail) : state_(std::in_place_index<1>, E(std::move(fail.error))) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return get<0>(state_); }
  const T& operator*() const& { return get<0>(state_); }
  T* operator->() { return &get<0>(state_); }
  const T* operator->() const { return &get<0>(state_); }
  const E& error() const { return get<1>(state_); }
  T take() && { return get<0>(std::move(state_)); }
  Fail<E> fail() && { return Fail<E>{get<1>(std::move(state_))}; }

 private:
  template <std::size_t I, class V>
  static decltype(auto) get(V&& state) {
    if (state.index() != I) std::abort();  // a bug of ours, never an input
    return std::get<I>(std::forward<V>(state));
  }
  std::variant<T, E> state_;
};

struct Done {};  // what a step returns when all it has to say is "yes"

}  // namespace deputy

// TRY(auto code, codes.redeem(id, now));   TRY is a whole statement, in a plain function.
#define DEPUTY_CAT2(a, b) a##b
#define DEPUTY_CAT(a, b) DEPUTY_CAT2(a, b)
#define DEPUTY_TRY(name, ret, decl, ...)     \
  auto name = __VA_ARGS__;                   \
  if (!name) [[unlikely]]                    \
    ret std::move(name).fail();              \
  [[maybe_unused]] decl = std::move(name).take()
#define TRY(decl, ...) DEPUTY_TRY(DEPUTY_CAT(try_, __COUNTER__), return, decl, __VA_ARGS__)
// CHECK guards what we promise ourselves; input is answered with a Result, never with CHECK.
#define CHECK(condition)                         \
  do {                                           \
    if (!(condition)) [[unlikely]] std::abort(); \
  } while (false)
