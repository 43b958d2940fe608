// Graphs: made node by node, instantiated, launched, inspected.
#include "runtime/hipemu/entry.h"
#include "runtime/hipemu/launch.h"
#include "runtime/hipemu/places.h"
#include "runtime/hipemu/registered_code.h"

#include <algorithm>
#include <array>

using namespace gemmsmith::hipemu;

namespace {

hipError_t launchGraph(hipGraphExec_t executable_handle, hipStream_t handle) {
  return withStream(handle, [&](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    auto executable = c.runtime.executables.find(executable_handle);
    return executable ? launch(c, *executable, stream) : hipErrorInvalidHandle;
  });
}

hipError_t instantiateGraph(hipGraphExec_t *out, hipGraph_t handle) {
  return call([&](Call &c) -> hipError_t {
    auto graph = c.runtime.graphs.find(handle);
    if (!out || !graph)
      return hipErrorInvalidValue;
    auto executable = instantiate(*graph);
    if (!executable)
      return hipErrorInvalidValue;
    *out = static_cast<hipGraphExec_t>(
        c.runtime.executables.add(std::make_shared<GraphExecutable>(std::move(*executable))));
    return hipSuccess;
  });
}

template <typename F> hipError_t withGraph(hipGraph_t handle, F body) {
  return call([&](Call &c) -> hipError_t {
    auto graph = c.runtime.graphs.find(handle);
    return graph ? body(c, *graph) : hipErrorInvalidValue;
  });
}

// A node of work that `make` fills in.
template <typename W, typename F>
hipError_t addNode(hipGraphNode_t *out, hipGraph_t handle, const hipGraphNode_t *after,
                   std::size_t count, F make) {
  return withGraph(handle, [&](Call &c, Graph &graph) -> hipError_t {
    Nodes nodes;
    if (!out || !findNodes(c, graph, after, count, nodes))
      return hipErrorInvalidValue;
    W work;
    if (hipError_t status = make(c, work))
      return status;
    *out = handleOf(c, graph.add(std::move(work), std::move(nodes)));
    return hipSuccess;
  });
}

// As HIP does: without room the number, else as many as fit, and the rest of the room null.
hipError_t list(Call &c, const Nodes &nodes, hipGraphNode_t *out, std::size_t *count) {
  if (!count)
    return hipErrorInvalidValue;
  if (out)
    for (std::size_t n = 0; n < *count; ++n)
      out[n] = n < nodes.size() ? handleOf(c, nodes[n]) : nullptr;
  *count = out ? std::min(*count, nodes.size()) : nodes.size();
  return hipSuccess;
}

} // namespace

HIPEMU_API hipError_t hipGraphCreate(hipGraph_t *out, unsigned flags) {
  return call([&](Call &c) -> hipError_t {
    if (!out || flags)
      return hipErrorInvalidValue;
    *out = handleOf(c, std::make_shared<Graph>());
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipGraphDestroy(hipGraph_t handle) {
  return call([&](Call &c) -> hipError_t {
    auto graph = c.runtime.graphs.remove(handle);
    if (!graph)
      return hipErrorInvalidValue;
    for (const auto &node : graph->nodes)
      c.runtime.nodes.remove(node->handle);
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipGraphInstantiate(hipGraphExec_t *out, hipGraph_t graph, hipGraphNode_t *,
                                          char *, std::size_t) {
  return instantiateGraph(out, graph);
}
// The flags are about memory nodes and about launching from a device, which there are none of.
HIPEMU_API hipError_t hipGraphInstantiateWithFlags(hipGraphExec_t *out, hipGraph_t graph,
                                                   unsigned long long) {
  return instantiateGraph(out, graph);
}

HIPEMU_API hipError_t hipGraphExecDestroy(hipGraphExec_t handle) {
  return call([&](Call &c) {
    return c.runtime.executables.remove(handle) ? hipSuccess : hipErrorInvalidValue;
  });
}

HIPEMU_API hipError_t hipGraphLaunch(hipGraphExec_t executable, hipStream_t stream) {
  return launchGraph(executable, stream);
}
HIPEMU_API hipError_t hipGraphLaunch_spt(hipGraphExec_t executable, hipStream_t stream) {
  return launchGraph(executable, perThread(stream));
}
HIPEMU_API hipError_t hipGraphUpload(hipGraphExec_t handle, hipStream_t stream) {
  return withStream(stream, [&](Call &c, const std::shared_ptr<Stream> &) {
    return c.runtime.executables.find(handle) ? hipSuccess : hipErrorInvalidValue;
  });
}

HIPEMU_API hipError_t hipGraphAddKernelNode(hipGraphNode_t *out, hipGraph_t graph,
                                            const hipGraphNode_t *after, std::size_t count,
                                            const hipKernelNodeParams *p) {
  return addNode<KernelWork>(out, graph, after, count,
                             [&](Call &c, KernelWork &work) -> hipError_t {
                               if (!p || !p->func)
                                 return hipErrorInvalidValue;
                               auto function = c.runtime.functions.find(p->func);
                               if (!function)
                                 function = registeredFunction(c, p->func);
                               if (!function)
                                 return hipErrorInvalidDeviceFunction;
                               return makeKernelWork(c,
                                                     {function,
                                                      {p->gridDim.x, p->gridDim.y, p->gridDim.z},
                                                      {p->blockDim.x, p->blockDim.y, p->blockDim.z},
                                                      p->sharedMemBytes,
                                                      p->kernelParams,
                                                      p->extra},
                                                     work);
                             });
}

HIPEMU_API hipError_t hipGraphAddMemcpyNode1D(hipGraphNode_t *out, hipGraph_t graph,
                                              const hipGraphNode_t *after, std::size_t count,
                                              void *to, const void *from, std::size_t bytes,
                                              hipMemcpyKind kind) {
  return addNode<CopyWork>(out, graph, after, count, [&](Call &c, CopyWork &work) -> hipError_t {
    CopyRequest request;
    request.to = to;
    request.from = from;
    request.extent.width = bytes;
    request.kind = kind;
    return bytes ? makeCopy(c, request, work) : hipErrorInvalidValue;
  });
}

HIPEMU_API hipError_t hipGraphAddMemsetNode(hipGraphNode_t *out, hipGraph_t graph,
                                            const hipGraphNode_t *after, std::size_t count,
                                            const hipMemsetParams *p) {
  return addNode<FillWork>(out, graph, after, count, [&](Call &c, FillWork &work) -> hipError_t {
    if (!p || p->width == 0 || p->height == 0 || p->elementSize == 0 ||
        p->width > SIZE_MAX / p->elementSize)
      return hipErrorInvalidValue;
    return makeFill(c, p->dst, p->pitch, 0, {p->width * p->elementSize, p->height}, p->value,
                    p->elementSize, work);
  });
}

HIPEMU_API hipError_t hipGraphAddHostNode(hipGraphNode_t *out, hipGraph_t graph,
                                          const hipGraphNode_t *after, std::size_t count,
                                          const hipHostNodeParams *p) {
  return addNode<HostWork>(out, graph, after, count, [&](Call &, HostWork &work) -> hipError_t {
    if (!p || !p->fn)
      return hipErrorInvalidValue;
    work.function = [parameters = *p] { parameters.fn(parameters.userData); };
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipGraphAddEmptyNode(hipGraphNode_t *out, hipGraph_t graph,
                                           const hipGraphNode_t *after, std::size_t count) {
  return addNode<NoWork>(out, graph, after, count, [](Call &, NoWork &) { return hipSuccess; });
}

HIPEMU_API hipError_t hipGraphAddDependencies(hipGraph_t handle, const hipGraphNode_t *from,
                                              const hipGraphNode_t *to, std::size_t count) {
  return withGraph(handle, [&](Call &c, Graph &graph) -> hipError_t {
    Nodes before, behind;
    if (!findNodes(c, graph, from, count, before) || !findNodes(c, graph, to, count, behind))
      return hipErrorInvalidValue;
    for (std::size_t n = 0; n < count; ++n)
      behind[n]->after.push_back(before[n]);
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipGraphGetNodes(hipGraph_t handle, hipGraphNode_t *out, std::size_t *count) {
  return withGraph(handle, [&](Call &c, Graph &graph) { return list(c, graph.nodes, out, count); });
}

HIPEMU_API hipError_t hipGraphGetRootNodes(hipGraph_t handle, hipGraphNode_t *out,
                                           std::size_t *count) {
  return withGraph(handle, [&](Call &c, Graph &graph) {
    Nodes roots;
    std::copy_if(graph.nodes.begin(), graph.nodes.end(), std::back_inserter(roots),
                 [](const auto &node) { return node->after.empty(); });
    return list(c, roots, out, count);
  });
}

HIPEMU_API hipError_t hipGraphNodeGetDependencies(hipGraphNode_t handle, hipGraphNode_t *out,
                                                  std::size_t *count) {
  return call([&](Call &c) -> hipError_t {
    auto node = c.runtime.nodes.find(handle);
    return node ? list(c, node->after, out, count) : hipErrorInvalidValue;
  });
}

HIPEMU_API hipError_t hipGraphNodeGetType(hipGraphNode_t handle, int *out) {
  return call([&](Call &c) -> hipError_t {
    auto node = c.runtime.nodes.find(handle);
    if (!node || !out)
      return hipErrorInvalidValue;
    // hipGraphNodeType by kind of work, in order of the variant: kernel 0, memcpy 1, memset 2,
    // host 3, empty 5. HIP 5.2 counted from 1.
    constexpr std::array<int, std::variant_size_v<Work>> kTypes = {5, 0, 1, 2, 3, 5, 5};
    *out = kTypes[node->work.index()] + (c.runtime.generation() == 5 ? 1 : 0);
    return hipSuccess;
  });
}
