#include "tools/gemmsmith/kernel_view.h"

#include <fmt/format.h>

namespace gemmsmith {

std::string kernelsText(const CodeObject &object) {
  std::string text = fmt::format("{} {}, code object version {}\n", object.target,
                                 object.kernels.size() == 1 ? "kernel" : "kernels", object.version);
  for (const Kernel &kernel : object.kernels) {
    const KernelMetadata &m = kernel.metadata;
    text += fmt::format(
        "{}\n  {} VGPRs and {} AGPRs, {} SGPRs, {} bytes of LDS, {} bytes of scratch per "
        "thread, at most {} threads\n",
        m.name, m.vgprs - m.agprs, m.agprs, m.sgprs, m.group_segment_bytes, m.private_segment_bytes,
        m.max_workgroup_size);
    for (const ArgumentMetadata &a : m.arguments)
      if (!a.hidden())
        text += fmt::format("  {:>4}  {:>3} bytes  {:<14} {}\n", a.offset, a.size,
                            a.value_kind_name, a.name);
  }
  return text;
}

OrderedJson kernelsJson(const CodeObject &object) {
  OrderedJson kernels = OrderedJson::array();
  for (const Kernel &kernel : object.kernels) {
    const KernelMetadata &m = kernel.metadata;
    OrderedJson arguments = OrderedJson::array();
    for (const ArgumentMetadata &a : m.arguments)
      if (!a.hidden())
        arguments.push_back({{"name", a.name},
                             {"kind", a.value_kind_name},
                             {"offset", a.offset},
                             {"size", a.size}});
    kernels.push_back({{"name", m.name},
                       {"vgprs", m.vgprs},
                       {"agprs", m.agprs},
                       {"sgprs", m.sgprs},
                       {"lds_bytes", m.group_segment_bytes},
                       {"scratch_bytes", m.private_segment_bytes},
                       {"max_threads", m.max_workgroup_size},
                       {"arguments", arguments}});
  }
  return {{"target", object.target}, {"version", object.version}, {"kernels", kernels}};
}

} // namespace gemmsmith
