#include "tools/gemmsmith/service_diagnosis.h"

#include "runtime/service/service_client.h"
#include "runtime/service/service_socket.h"
#include "tools/gemmsmith/report_lines.h"

#include <fmt/format.h>

namespace gemmsmith {

namespace {

bool noneListens(const std::string &socket) {
  const auto connection = connectToService(socket);
  return connection && connection->get() < 0 && !isServiceBusy(socket);
}

// Another version's status may have something else of that name, or nothing.
std::string textOf(const OrderedJson &status, const char *name) {
  const auto member = status.find(name);
  if (member == status.end())
    return {};
  return member->is_string() ? member->get<std::string>() : member->dump();
}

} // namespace

ServiceDiagnosis diagnoseService() {
  ServiceDiagnosis diagnosis{.socket = defaultServiceSocket(), .status = {}, .absent = false};
  ServiceClient client({.socket = diagnosis.socket, .program = {}});
  diagnosis.status =
      client.status().and_then([&](const std::string &text) -> Expected<OrderedJson> {
        OrderedJson json = OrderedJson::parse(text, nullptr, /*allow_exceptions=*/false);
        if (!json.is_object())
          return makeError(ErrorKind::kFailed, "the compile service's status is no JSON object",
                           diagnosis.socket);
        return json;
      });
  diagnosis.absent = !diagnosis.status && noneListens(diagnosis.socket);
  return diagnosis;
}

void printService(const ServiceDiagnosis &diagnosis) {
  if (!diagnosis.status) {
    // Nothing is wrong with none: the library starts it.
    printHead(diagnosis.absent,
              diagnosis.absent ? "compile service: none runs" : "compile service: cannot be asked");
    printField("socket", diagnosis.socket);
    printField("why", diagnosis.status.error().message);
    return;
  }
  const OrderedJson &status = *diagnosis.status;
  printHead(true, fmt::format("compile service, pid {}", textOf(status, "pid")));
  printField("socket", diagnosis.socket);
  printField("version", textOf(status, "version"));
  printField("compiler", textOf(status, "identity"));
  printField("compiled", textOf(status, "compiles"));
}

OrderedJson serviceJson(const ServiceDiagnosis &diagnosis) {
  const auto &status = diagnosis.status;
  return {{"socket", diagnosis.socket},
          {"runs", status.has_value()},
          {"reason", status ? OrderedJson(nullptr) : OrderedJson(status.error().message)},
          {"status", status ? *status : OrderedJson(nullptr)}};
}

} // namespace gemmsmith
