#include "tools/gemmsmith/service_diagnosis.h"

#include "runtime/service/service_client.h"
#include "tools/gemmsmith/report_lines.h"

#include <fmt/format.h>

namespace gemmsmith {

ServiceDiagnosis diagnoseService() {
  ServiceDiagnosis diagnosis{.socket = defaultServiceSocket(), .status = {}};
  ServiceClient client({.socket = diagnosis.socket, .program = {}});
  diagnosis.status =
      client.status().and_then([&](const std::string &text) -> Expected<OrderedJson> {
        OrderedJson json = OrderedJson::parse(text, nullptr, /*allow_exceptions=*/false);
        if (!json.is_object())
          return makeError(ErrorKind::kFailed, "the compile service's status is no JSON object",
                           diagnosis.socket);
        return json;
      });
  return diagnosis;
}

void printService(const ServiceDiagnosis &diagnosis) {
  if (!diagnosis.status) {
    // Nothing is wrong with that: the library starts it.
    printHead(true, "compile service: none runs");
    printField("socket", diagnosis.socket);
    printField("why", diagnosis.status.error().message);
    return;
  }
  const OrderedJson &status = *diagnosis.status;
  printHead(true, fmt::format("compile service, pid {}", status.value("pid", 0)));
  printField("socket", diagnosis.socket);
  printField("version", status.value("version", ""));
  printField("compiler", status.value("identity", ""));
  printField("compiled", fmt::format("{}", status.value("compiles", 0)));
}

OrderedJson serviceJson(const ServiceDiagnosis &diagnosis) {
  const auto &status = diagnosis.status;
  return {{"socket", diagnosis.socket},
          {"runs", status.has_value()},
          {"reason", status ? OrderedJson(nullptr) : OrderedJson(status.error().message)},
          {"status", status ? *status : OrderedJson(nullptr)}};
}

} // namespace gemmsmith
