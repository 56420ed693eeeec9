// Whether the store can be written to where it lies: asked before SQLite is, whose words name no file.
#pragma once

#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/result.h"
#include "server/config.h"

namespace deputy::server {

// What is asked of the system. Tests answer in its place.
struct System {
  int (*access)(const char*, int) = ::access;
  int (*statvfs)(const char*, struct statvfs*) = ::statvfs;
};

// Faults: unavailable, naming the directory or the file, and why. Nothing is written.
Result<Done, Fault> check_writable(const Config& config, const System& system = {});

}  // namespace deputy::server
