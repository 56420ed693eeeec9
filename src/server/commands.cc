// Parsing the server's commands.
#include "server/commands.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/mistyped.h"
#include "base/secret_file.h"
#include "endpoints/admin/first_tenant.h"
#include "server/check.h"
#include "server/config.h"
#include "server/doubts.h"
#include "server/init.h"
#include "server/recover.h"
#include "server/serve.h"

namespace deputy::server {
namespace {

constexpr std::array<std::string_view, 4> words{"serve", "init", "recover", "config"};

std::string range_of(const Setting& setting) {
  auto text = std::string(setting.doc) + " [" + std::string(setting.range) + "]";
  if (!setting.fallback.empty()) text += " Default: " + std::string(setting.fallback);
  return text;
}

// What a command line says of settings: --config FILE and one option a setting. And where a new secret is to go.
struct Options {
  std::string config_file, secret_file;
  std::map<std::string, std::string> given;

  void add_to(CLI::App& app) {
    app.add_option("--config", config_file,
                   "Settings file (YAML). Default: deputy.yaml in the data directory, if it is there");
    for (const auto& setting : settings())
      app.add_option_function<std::string>(
             "--" + std::string(setting.name),
             [this, name = std::string(setting.name)](const std::string& value) { given[name] = value; },
             range_of(setting))
          ->group("Settings");
  }

  void add_secret_file_to(CLI::App& app) {
    app.add_option("--secret-file", secret_file,
                   "Write the secret into a new file (mode 0600) instead of showing it")
        ->check([](const std::string& named) { return named.empty() ? "name a file" : ""; });
  }

  Sources sources() const { return {config_file, Values(given.begin(), given.end())}; }
};

int complain(const Fault& fault, int status) {
  std::cerr << "deputy: " << fault.detail << '\n';
  return status;
}

// A full disk or a closed pipe: what was asked for did not arrive.
int finish() {
  std::cout << std::flush;
  return std::cout ? 0 : complain({Fault::Kind::unavailable, "the output could not be written"}, 1);
}

bool is_plain(const std::string& word) {
  constexpr auto plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,+@%=";
  return !word.empty() && word.find_first_not_of(plain) == std::string::npos;
}

// A word of a command line, as a shell takes it.
std::string quoted(const std::string& word) {
  if (is_plain(word)) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

// What is wrong with a command line, and where it is said what would be right.
std::string in_our_words(const CLI::ParseError& error, const CLI::App& app) {
  std::string text, command = "deputy";
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    for (const auto& word : app.remaining(true))
      if (is_plain(word)) text.append(text.empty() ? "" : " ").append(word);
    text = text.empty() ? "there is more here than is expected" : "not expected here: " + text;
  } else {
    text = error.what();
    while (text.ends_with('.') || text.ends_with(' ')) text.pop_back();
  }
  for (auto found = app.get_subcommands(); !found.empty(); found = found.front()->get_subcommands())
    command += " " + found.front()->get_name();
  return text + "; see `" + command + " --help`";
}

// What is said of the word that stands where a command is expected and names none. Empty: there is no such word.
std::string mistyped(const CLI::App& app, std::span<const char* const> args) {
  std::string start = app.get_name();
  const auto* at = &app;
  for (const std::string word : args) {
    const auto commands = at->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty() || word.starts_with('-')) break;
    std::vector<std::string> names;
    for (const auto* command : commands) names.push_back(command->get_name());
    const auto found = std::find(names.begin(), names.end(), word);
    if (found == names.end()) return no_such_command(start, is_plain(word) ? word : "of that name", names);
    at = commands[static_cast<std::size_t>(found - names.begin())];
    start += " " + word;
  }
  return {};
}

// How what was made is served: deputy.yaml holds all that was said, unless it was there before.
std::string next_step(const Options& options, const Config& config, SettingsFile settings_file) {
  std::string step = "deputy serve";
  const auto add = [&step](const std::string& name, const std::string& value) {
    step += " --" + name + " " + quoted(value);
  };
  const bool kept = settings_file == SettingsFile::kept;
  if (kept && !options.config_file.empty()) add("config", options.config_file);
  add("data", config.data);
  for (const auto& [name, value] : options.given)
    if (kept && name != "data") add(name, value);
  return step;
}

// There before anything else is made. What another name would mend is wrong on the command line.
Result<SecretFile, int> secret_file_of(const Options& options) {
  auto made = SecretFile::make(options.secret_file);
  if (made) return std::move(made).take();
  return Fail{complain(made.error(), made.error().kind == Fault::Kind::unavailable ? 1 : 2)};
}

// What is told of a new credential: what was made with it, and where nothing took it.
struct Told {
  std::string made, if_lost;
};

// The client_id goes to standard output; the secret into its file, or there too where there is none, or where it takes
// no more. The credential goes nowhere else, and is not shown again.
int hand_over(const std::string& client_id, const std::string& secret, SecretFile file, const Told& told) {
  std::cout << "client_id: " << client_id << '\n' << std::flush;
  if (!std::cout) return complain({Fault::Kind::unavailable, told.if_lost}, 1);
  std::string not_kept;  // why, by the file
  if (file.is_open()) {
    const auto written = file.write(secret);
    if (written) {
      std::cerr << "deputy: " << told.made << ". The secret is in " << file.path() << ": it is not shown.\n";
      return 0;
    }
    not_kept = written.error().detail;
  }
  std::cout << "client_secret: " << secret << '\n' << std::flush;
  if (!std::cout) return complain({Fault::Kind::unavailable, told.if_lost}, 1);
  std::cerr << "deputy: " << told.made << ". Keep this credential: it is not shown again.\n";
  if (not_kept.empty()) return 0;
  return complain({Fault::Kind::unavailable, not_kept + "; so the secret is shown, this once: keep it where only its "
                                                        "owner can read it"}, 1);
}

int run_init(const Options& options) {
  auto config = options.sources().read();
  if (!config) return complain(config.error(), 2);
  auto secret_file = secret_file_of(options);
  if (!secret_file) return secret_file.error();
  auto made = init(*config, options.secret_file);
  if (!made) return complain(made.error(), 1);
  const int status = hand_over(
      made->client_id, made->secret, std::move(secret_file).take(),
      {.made = "made " + config->data,
       .if_lost = "made " + config->data + ", but its first credential could not be written to standard output and is "
                  "lost. Nothing else is in it yet: remove " + config->sqlite.file + "* and run `deputy init` again"});
  if (status == 0) std::cerr << "deputy: next: " << next_step(options, *config, made->settings_file) << '\n';
  return status;
}

int run_recover(const Options& options, const std::string& tenant) {
  auto config = options.sources().read();
  if (!config) return complain(config.error(), 2);
  auto secret_file = secret_file_of(options);
  if (!secret_file) return secret_file.error();
  auto made = recover(*config, tenant);
  if (!made) return complain(made.error(), 1);
  return hand_over(made->client_id, made->secret, std::move(secret_file).take(),
                   {.made = "made the user " + made->username + ", an administrator of the tenant " + tenant,
                    .if_lost = "made the user " + made->username + ", but the credential could not be written to "
                               "standard output and is lost: run `deputy recover` again, then unassign that user and "
                               "delete it"});
}

int run_check(const Options& options) {
  auto config = options.sources().read();
  if (!config) return complain(config.error(), 2);
  const auto checked = server::check(*config);
  for (const auto& doubt : doubts(*config, SystemClock().now())) std::cerr << "deputy: warning: " << doubt << '\n';
  if (!checked) return complain(checked.error(), 1);
  std::cout << "ok\n";
  return finish();
}

int run_show() {
  for (const auto& setting : settings())
    std::cout << setting.name << "\t" << setting.fallback << "\t" << setting.range << "\t"
              << (setting.live ? "SIGHUP" : "restart") << "\t" << setting.doc << '\n';
  return finish();
}

// CLI11 writes what is typed into it.
struct CommandLine {
  CLI::App app{"Deputy: identity for AI agents", "deputy"};
  Options serving, initializing, recovering, checking;
  std::string tenant{endpoints::admin::default_tenant};
  CLI::App *init, *recover, *check, *list;

  CommandLine() {
    app.require_subcommand(1);
    serving.add_to(*app.add_subcommand("serve",
                                       "Run the server until SIGTERM; SIGHUP reloads certificates and settings"));
    init = app.add_subcommand("init", "Make a data directory, its keys and the first admin; never overwrites");
    initializing.add_secret_file_to(*init);
    initializing.add_to(*init);
    recover = app.add_subcommand(
        "recover", "Make a new administrator of a tenant, where nobody else can; the server must be stopped");
    recover->add_option("--tenant", tenant, "The tenant, by its id. Default: " + tenant);
    recovering.add_secret_file_to(*recover);
    recovering.add_to(*recover);
    auto* config = app.add_subcommand("config", "About the server's settings");
    config->require_subcommand(1);
    check = config->add_subcommand("check", "Say whether the settings are good, and what is wrong with them");
    checking.add_to(*check);
    list = config->add_subcommand("list", "Every setting: name, default, range, how it is taken up, what it does");
  }
};

// "debug, info, warn, error": the values of a setting that has a few; of any other range, none.
std::vector<std::string> choices_in(std::string_view range) {
  constexpr auto letters = "abcdefghijklmnopqrstuvwxyz";
  std::vector<std::string> choices;
  for (std::size_t from = 0; from <= range.size();) {
    const auto end = std::min(range.find(", ", from), range.size());
    choices.emplace_back(range.substr(from, end - from));
    if (choices.back().empty() || choices.back().find_first_not_of(letters) != std::string::npos) return {};
    from = end + 2;
  }
  return choices.size() > 1 ? choices : std::vector<std::string>();
}

using NextWords = std::map<std::string, std::vector<std::string>>;
void add_words(const CLI::App& app, const std::string& start, NextWords& next) {
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames())
      if (!start.empty()) next[start].push_back("--" + name);
  for (const auto& setting : settings())
    if (app.get_option_no_throw("--" + std::string(setting.name)) != nullptr)
      if (auto choices = choices_in(setting.range); !choices.empty())
        next[start + " --" + std::string(setting.name)] = std::move(choices);
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    next[start].push_back(command->get_name());
    add_words(*command, start.empty() ? command->get_name() : start + " " + command->get_name(), next);
  }
}

}  // namespace

bool knows(std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

std::map<std::string, std::vector<std::string>> next_words() {
  const CommandLine line;
  NextWords next;
  add_words(line.app, "", next);
  return next;
}

int run(std::span<const char* const> args) {
  CommandLine line;
  if (auto wrong = mistyped(line.app, args); !wrong.empty())
    return complain({Fault::Kind::invalid, std::move(wrong)}, 2);
  std::vector<std::string> words_reversed(args.rbegin(), args.rend());
  try {
    line.app.parse(words_reversed);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      line.app.exit(error);
      return finish();
    }
    return complain({Fault::Kind::invalid, in_our_words(error, line.app)}, 2);
  }
  if (*line.init) return run_init(line.initializing);
  if (*line.recover) return run_recover(line.recovering, line.tenant);
  if (*line.check) return run_check(line.checking);
  if (*line.list) return run_show();
  auto sources = line.serving.sources();
  const auto config = sources.read();
  if (!config) return complain(config.error(), 2);
  return serve(*config, [&sources] { return sources.read(); });
}

}  // namespace deputy::server
