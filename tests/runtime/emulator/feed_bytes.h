// The emulated device fed with arbitrary bytes, for the fuzz target and its regression: whatever
// they are, a launch ends within its limits, with a result or with an error that says something.
#pragma once

#include <cstddef>
#include <span>

namespace gemmsmith::emulator {

// The bytes as a code object: taken apart, loaded, and every kernel of it launched.
void feedCodeObject(std::span<const std::byte> bytes);

// The bytes as the code of a kernel: the first eight choose block, grid and checks. `blank` is the
// code object of kernels/blank.s.
void feedCode(std::span<const std::byte> bytes, std::span<const std::byte> blank);

// The bytes as the parameters of a launch of each kernel in `object`.
void feedLaunch(std::span<const std::byte> bytes, std::span<const std::byte> object);

} // namespace gemmsmith::emulator
