// The one style sheet: calm, light or dark as the system is, from 320 pixels up, with large targets and visible focus.
#include <string_view>

namespace deputy::pages {

extern const std::string_view style_text;

const std::string_view style_text = R"css(:root {
  color-scheme: light dark;
  --ground: #f3f5f8; --card: #ffffff; --ink: #17202c; --quiet: #55606f; --line: #d9dfe7; --edge: #7d8898;
  --accent: #1f5fae; --accent-ink: #ffffff; --accent-soft: #e8f0fb; --bad: #a8201a; --bad-soft: #fdeceb;
  --care: #7a4b00; --care-soft: #fdf2dc; --good: #12643a; --good-soft: #e3f5ea;
  --shadow: 0 1px 2px rgb(23 32 44 / .06), 0 12px 32px rgb(23 32 44 / .08);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10151c; --card: #19202a; --ink: #e9eef5; --quiet: #a5b0bf; --line: #2e3846; --edge: #8290a3;
    --accent: #8cbcff; --accent-ink: #0c1a2c; --accent-soft: #1d2c42; --bad: #ff9d96; --bad-soft: #3a1d1c;
    --care: #ffca7a; --care-soft: #362a14; --good: #7fdca6; --good-soft: #15301f;
    --shadow: 0 1px 2px rgb(0 0 0 / .4), 0 12px 32px rgb(0 0 0 / .35);
  }
}
* { box-sizing: border-box; }
html { font: 100%/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink); padding: 1.25rem .75rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; line-height: 1.35; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; font-weight: 600; margin: .9rem 0 .25rem; overflow-wrap: anywhere; }
p { margin: .25rem 0; overflow-wrap: anywhere; }
h2 code, h3 code, h2 .quiet, h3 .quiet, legend .quiet, .names .quiet { font-weight: 400; }
time { white-space: nowrap; }
main section { margin-top: 1.25rem; }
a { color: var(--accent); text-underline-offset: .2em; }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace; font-size: .86em; }
code { overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 18rem; overflow: auto; padding: .75rem;
  background: var(--ground); border: 1px solid var(--line); border-radius: .6rem; margin: .5rem 0; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .4rem; }
[hidden] { display: none !important; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem 1rem; z-index: 1; }
.brand { max-width: 30rem; margin: 0 auto 1rem; display: flex; align-items: center; gap: .6rem; font-weight: 650;
  letter-spacing: .01em; padding: 0 .25rem; }
.house { min-width: 0; overflow-wrap: anywhere; }
.mark { flex: none; width: 1.35rem; height: 1.35rem; border-radius: .45rem .45rem .45rem .1rem;
  background: var(--accent); }
main { margin: 0 auto; background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
  box-shadow: var(--shadow); padding: 1.75rem; }
main.card { max-width: 30rem; }
main.wide { max-width: 52rem; }
body:has(main.wide) .brand { max-width: 52rem; }
@media (max-width: 30rem) { main { padding: 1.25rem 1rem; border-radius: .85rem; } }
.head { margin-bottom: 1.1rem; }
.lead, .quiet, .hint, .foot, dt { color: var(--quiet); }
.quiet, .hint, .foot { font-size: .92rem; }
.foot { margin-top: 1rem; }
.field { margin: 1rem 0; }
label { font-weight: 600; }
.field .hint { margin: .1rem 0 .35rem; }
input:not([type=hidden]):not([type=checkbox]):not([type=radio]) { display: block; width: 100%; margin-top: .3rem;
  min-height: 3rem; padding: .6rem .85rem; font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--edge); border-radius: .65rem; }
button, .button { display: inline-block; min-height: 3rem; padding: .65rem 1.3rem; font: inherit; font-weight: 600;
  border-radius: .65rem; border: 1px solid var(--edge); background: var(--card); color: var(--ink); cursor: pointer;
  text-decoration: none; text-align: center; transition: filter .15s; }
button:hover, .button:hover { filter: brightness(.96); }
.button { margin-top: .75rem; }
button:disabled { opacity: .6; cursor: default; }
.primary { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
.danger { color: var(--bad); border-color: var(--bad); }
.card form > button, .card #passkey button { width: 100%; }
.card form > button + button, .card form + form, #passkey, #passkey + form { margin-top: .75rem; }
.card p + form, .card .who + form { margin-top: 1rem; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }
.buttons button { flex: 1 1 10rem; }
.alert, .notice { padding: .75rem 1rem; border-radius: .65rem; margin: .75rem 0; border: 1px solid; }
.alert { color: var(--bad); background: var(--bad-soft); border-color: var(--bad); }
.notice { color: var(--good); background: var(--good-soft); border-color: var(--good); }
.wanted { color: inherit; background: var(--accent-soft); border-color: var(--accent); }
.who { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem .6rem; margin: .25rem 0;
  overflow-wrap: anywhere; }
.who b { font-size: 1.1rem; min-width: 0; }
.badge { display: inline-block; font-size: .78rem; font-weight: 600; line-height: 1.3; padding: .12rem .55rem;
  border-radius: 1rem; color: var(--care); background: var(--care-soft); white-space: nowrap; }
.badge.high { color: var(--bad); background: var(--bad-soft); }
.badge.good { color: var(--good); background: var(--good-soft); }
.asker { margin: 1rem 0 1.25rem; padding: 1rem; background: var(--ground); border-radius: .8rem; }
.asker .says { font-style: italic; }
:lang(zh) .says { font-style: normal; }
dl { margin: .6rem 0 0; display: grid; gap: .3rem; font-size: .92rem; }
dl > div { display: grid; grid-template-columns: minmax(6rem, 9rem) 1fr; gap: .6rem; }
dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
@media (max-width: 26rem) { dl > div { grid-template-columns: 1fr; gap: 0; } }
fieldset { border: 1px solid var(--line); border-radius: .8rem; padding: .25rem 1rem .5rem; margin: 0 0 1rem;
  min-width: 0; }
legend { float: left; width: 100%; font-weight: 650; padding: .6rem 0 .35rem; overflow-wrap: anywhere; }
legend + * { clear: both; }
legend code { display: block; font-weight: 400; }
main > form h2, main > h2 { margin-top: 1.25rem; }
.switch .badge { margin: .1rem .25rem .1rem 0; white-space: normal; }
.switch, .choice { display: flex; align-items: center; gap: 1rem; min-height: 3rem; padding: .55rem 0;
  cursor: pointer;
  font-weight: 400; }
.switch + .switch { border-top: 1px solid var(--line); }
.switch > span { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.switch .what { font-weight: 600; }
.switch code { display: block; }
.switch input { appearance: none; flex: none; width: 3rem; height: 1.75rem; margin: 0; border-radius: 1rem;
  background: var(--card); border: 2px solid var(--edge); position: relative; cursor: pointer; }
.switch input::before { content: ""; position: absolute; inset: .2rem auto .2rem .2rem; aspect-ratio: 1;
  border-radius: 50%; background: var(--edge); transition: transform .15s; }
.switch input:checked { background: var(--accent); border-color: var(--accent); }
.switch input:checked::before { background: var(--accent-ink); transform: translateX(1.22rem); }
.switch input:focus-visible { border-radius: 1rem; }
.durations { margin-top: 1rem; }
.choice input { width: 1.3rem; height: 1.3rem; margin: 0; accent-color: var(--accent); flex: none; }
.choice .quiet { display: block; }
.choice time { white-space: normal; }
details { margin: .75rem 0; }
summary { cursor: pointer; min-height: 2.75rem; padding: .5rem 0; color: var(--accent); font-weight: 600; }
.names, .codes, .tree, .rows { margin: .25rem 0 .75rem; padding: 0; list-style: none; }
.names li { padding: .15rem 0; font-weight: 600; }
.codes { columns: 9rem 2; font-size: 1.15rem; }
.codes code { white-space: nowrap; }
.top { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem; }
.tabs { display: flex; flex-wrap: wrap; gap: .25rem; list-style: none; margin: .75rem 0 1.5rem; padding: 0;
  border-bottom: 1px solid var(--line); }
.tabs a { display: block; padding: .75rem 1rem; color: var(--quiet); text-decoration: none; font-weight: 600;
  border-bottom: 3px solid transparent; margin-bottom: -1px; }
@media (max-width: 26rem) {
  .tabs { justify-content: space-between; }
  .tabs a { padding: .75rem 0; font-size: .9rem; }
}
.tabs a[aria-current] { color: var(--accent); border-color: var(--accent); }
.row { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem;
  padding: .7rem 0; border-top: 1px solid var(--line); }
.row > div { flex: 1 1 14rem; min-width: 0; overflow-wrap: anywhere; }
h1 + .rows, .hint + .rows, .hint + p { margin-top: 1rem; }
.row code { overflow-wrap: anywhere; }
.row .what { font-weight: 600; }
.row h2, .row h3 { margin: 0; }
.row button, .top button { min-height: 2.75rem; padding: .5rem 1rem; }
.panel { border: 1px solid var(--line); border-radius: .9rem; padding: 1.1rem 1.25rem 1.25rem;
  margin: 1rem 0; min-width: 0; }
.panel > form { margin-top: .75rem; }
.consents > section { margin-top: .25rem; }
.consents > section + section { margin-top: 1.25rem; padding-top: .9rem; border-top: 2px solid var(--line); }
.tree li { padding: .3rem 0 .3rem .9rem; border-left: 2px solid var(--line); overflow-wrap: anywhere; }
.tree .depth-2 { margin-left: 1rem; } .tree .depth-3 { margin-left: 2rem; } .tree .depth-4 { margin-left: 3rem; }
.tree .depth-5 { margin-left: 4rem; } .tree .depth-6 { margin-left: 5rem; }
.qr { display: block; width: 13rem; max-width: 100%; background: #fff; border-radius: .8rem; margin: 1rem 0; }
.key code { font-size: 1.1rem; letter-spacing: .06em; }
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media (forced-colors: active) {
  .switch input, .switch input::before { forced-color-adjust: none; }
  .tabs a:not([aria-current]) { border-color: Canvas; }
}
)css";

}  // namespace deputy::pages
