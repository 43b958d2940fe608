// What the compile service can be asked, and what it answers, as messages (service_message.h).
//
//   request  := "compile\n"
//               "kernel " NAME "\n"                     kernelName() of a configuration
//               "target " TARGET_ID "\n"                as in cache_key.h
//               "allow_spills " ("no" | "yes") "\n"
//             | "status\n"
//   response := "entry\n"
//               "origin " ("compiled" | "bundle" | "disk" | "remote") "\n"
//               "nanoseconds " DIGITS "\n"              in the compiler; payload: an entry
//             | "error\n"
//               "kind " KIND "\n"                       "usage", "input", "illegal", "failed",
//                                                       "internal"
//               "where_bytes " DIGITS "\n"              payload: where, then the message
//             | "busy\n"                                ask again later; no payload
//             | "status\n"                              payload: a JSON object
//
// A request has no payload. DIGITS is a decimal number of at most 64 bits without leading zeros.
// One request is answered by one response before the next is sent. Promises: any message is
// acceptable input; what is not of this grammar is an error of kind kInput, never a crash, and what
// is decodes to what encodes to the same bytes. Does not: decode the entry. Thread-safe.
#pragma once

#include "configs/error.h"
#include "configs/kernel_config.h"
#include "runtime/service/service_client.h"
#include "runtime/service/service_message.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace gemmsmith {

struct CompileRequest {
  KernelConfig config;
  std::string target_id;
  bool allow_spills = false;

  bool operator==(const CompileRequest &) const = default;
};
struct StatusRequest {
  bool operator==(const StatusRequest &) const = default;
};
using ServiceRequest = std::variant<CompileRequest, StatusRequest>;

struct EntryResponse {
  std::vector<std::byte> entry; // encodeEntry()
  ServiceOrigin origin = ServiceOrigin::kCompiled;
  std::chrono::nanoseconds compile_time{0};
};
struct BusyResponse {};
struct StatusResponse {
  std::string json;
};
// The service's error is what its user is told.
using ServiceResponse = std::variant<EntryResponse, Error, BusyResponse, StatusResponse>;

ServiceMessage encodeRequest(const ServiceRequest &request);
Expected<ServiceRequest> decodeRequest(const ServiceMessage &message);

// Errors beyond 64 KiB lose their end.
ServiceMessage encodeResponse(ServiceResponse response);
Expected<ServiceResponse> decodeResponse(ServiceMessage message);

} // namespace gemmsmith
