// What a parent and a compile worker say to each other over a stream socket.
//
//   message  := u32 header_bytes, u32 payload_bytes, header, payload      (little-endian)
//   header   := a JSON object, at most 1 MiB; payload at most 256 MiB
//   request  := {"op": "compile", "kernel": NAME, "allow_spills": BOOL}
//             | {"op": "stage", "kernel": NAME, "stage": STAGE}     as in toString(Stage)
//             | {"op": "disassemble"}              payload: a code object
//             | {"op": "fingerprint"}
//             | {"op": "find_hiprtc"}
//             | {"op": "probe_hiprtc", "library": TEXT, "target": PROCESSOR}
//             | {"op": "compile_hip", "library": TEXT, "target": PROCESSOR, "name": NAME,
//                "options": [TEXT, ...], "with_headers": BOOL}    payload: HIP C++ source
//   response := {"ok": true, "seconds": NUMBER, "log": TEXT, "identity": TEXT,
//                "files": [TEXT, ...]}
//                                                  payload: a code object, text or JSON
//             | {"ok": false, "error": {"kind": NAME, "message": TEXT, "where": TEXT}}
//
// The first four operations are those of gemmsmith-llvm-worker, the last three of gemmsmith-hiprtc;
// "log" is the compiler's, and "identity" says who it is: hiprtc's, or the fingerprint of the
// generator that compiled or printed. "files" are what a fingerprint was made of. One request is
// answered by one response before the next is sent. Promises: any bytes are acceptable input; what
// is not a message of this grammar is an Error, never a crash and never an allocation larger than
// the limits above.
#pragma once

#include "compiler/compile.h"
#include "configs/error.h"
#include "configs/kernel_config.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

inline constexpr std::uint32_t kMaxHeaderBytes = 1u << 20;
inline constexpr std::uint32_t kMaxPayloadBytes = 256u << 20;

// Exit code of a worker that could not get memory (its limit, or the machine's).
inline constexpr int kWorkerOutOfMemoryExit = 71;

enum class WorkerOp : std::uint8_t {
  kCompile,
  kStage,
  kDisassemble,
  kFingerprint,
  kFindHiprtc,
  kProbeHiprtc,
  kCompileHip
};

struct WorkerRequest {
  WorkerOp op = WorkerOp::kFingerprint;
  KernelConfig config = {};            // kCompile, kStage
  CompileOptions options = {};         // kCompile
  Stage stage = Stage::kGemm;          // kStage
  std::vector<std::byte> payload = {}; // kDisassemble: a code object; kCompileHip: source
  std::string library = {};            // kProbeHiprtc, kCompileHip: for dlopen()
  std::string target = {};             // kProbeHiprtc, kCompileHip: "gfx950"
  std::string name = {};               // kCompileHip: what messages call the source
  std::vector<std::string> compiler_options = {}; // kCompileHip: beside the worker's own
  bool with_headers = false; // kCompileHip: as hiprtc does it by default, with its header and the
                             // device libraries
};

struct WorkerResponse {
  std::vector<std::byte> payload = {};
  double seconds = 0;        // the worker's own time for the request
  std::string log = {};      // kCompileHip: what the compiler had to say about a good source
  std::string identity = {}; // kCompileHip: of the compiler, see hiprtc_description.h; kCompile and
                             // kStage: the generator's fingerprint
  std::vector<std::string> files = {}; // kFingerprint: the program and libraries it identifies
};

// A message as it travels. The header is JSON text.
struct WireMessage {
  std::string header;
  std::vector<std::byte> payload;
};

// The eight bytes in front of a message, read and checked.
struct WireSizes {
  std::uint32_t header_bytes = 0;
  std::uint32_t payload_bytes = 0;
};
inline constexpr std::size_t kWirePrefixBytes = 8;
Expected<WireSizes> decodePrefix(std::span<const std::byte, kWirePrefixBytes> prefix);

// The message of a `body` of header_bytes + payload_bytes bytes.
WireMessage splitMessage(const WireSizes &sizes, std::vector<std::byte> body);

// The message's bytes, prefix included; kInternal when a part exceeds its limit.
Expected<std::vector<std::byte>> encodeMessage(const WireMessage &message);

// Both block until the whole message has gone through `fd`. receiveMessage returns nothing when the
// other end closed the socket between two messages.
Expected<void> sendMessage(int fd, const WireMessage &message);
Expected<std::optional<WireMessage>> receiveMessage(int fd);

WireMessage encodeRequest(const WorkerRequest &request);
Expected<WorkerRequest> decodeRequest(WireMessage message);
WireMessage encodeResponse(const Expected<WorkerResponse> &response);
// The outer Expected is the transport's, the inner one what the worker answered.
Expected<Expected<WorkerResponse>> decodeResponse(WireMessage message);

std::string_view toString(WorkerOp op);
std::string_view toString(Stage stage);
std::optional<Stage> parseStage(std::string_view text);

} // namespace gemmsmith
