// Allocation, copies and fills in one, two and three dimensions, host memory that kernels reach.
#include "fixture.h"

#include <algorithm>
#include <random>
#include <thread>

namespace {

std::vector<unsigned char> randomBytes(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<unsigned char> bytes(count);
  for (unsigned char &byte : bytes)
    byte = static_cast<unsigned char>(generator());
  return bytes;
}

TEST_F(HipRuntime, CopiesGoBothWaysAtAnyOffsetAndSize) {
  auto source = randomBytes(5000, 1);
  auto *a = upload(source), *b = allocate<unsigned char>(5000);
  OK(hipMemcpy(b, a, 5000, hipMemcpyDeviceToDevice));
  EXPECT_EQ(download(b, 5000), source);
  OK(hipMemcpy(b + 7, source.data() + 100, 333, hipMemcpyDefault));
  auto expected = source;
  std::copy_n(source.begin() + 100, 333, expected.begin() + 7);
  EXPECT_EQ(download(b, 5000), expected);
  OK(hipMemcpy(b, source.data(), 0, hipMemcpyHostToDevice));
}

TEST_F(HipRuntime, UnwrittenMemoryReadsAsPoisonEvenAfterACopy) {
  auto *a = allocate<unsigned char>(64), *b = allocate<unsigned char>(64);
  unsigned char one = 5;
  OK(hipMemcpy(a + 3, &one, 1, hipMemcpyHostToDevice));
  OK(hipMemcpy(b, a, 64, hipMemcpyDeviceToDevice));
  std::vector<unsigned char> expected(64, 0xcd);
  expected[3] = 5;
  EXPECT_EQ(download(b, 64), expected);
  // The copy is as unwritten as its source: a kernel that reads it is found out.
  auto *values = reinterpret_cast<int *>(b);
  testing::internal::CaptureStderr();
  OK(onValues("double_in_place", values, 16, nullptr));
  EXPECT_HIP(hipDeviceSynchronize(), hipErrorLaunchFailure);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("double_in_place"), std::string::npos);
}

TEST_F(HipRuntime, WrongPointersAreErrorsNotCrashes) {
  int *device = allocate<int>(10), host[10] = {};
  EXPECT_HIP(hipMemcpy(nullptr, host, 40, hipMemcpyHostToDevice), hipErrorInvalidValue);
  EXPECT_HIP(hipMemcpy(device, nullptr, 40, hipMemcpyHostToDevice), hipErrorInvalidValue);
  EXPECT_HIP(hipMemcpy(device, host, 41, hipMemcpyHostToDevice), hipErrorInvalidValue);
  EXPECT_HIP(hipMemcpy(device + 9, host, 8, hipMemcpyHostToDevice), hipErrorInvalidValue);
  EXPECT_HIP(hipMemcpy(host, device, 40, hipMemcpyHostToDevice), hipErrorInvalidValue);
  EXPECT_HIP(hipMemcpy(device, host, 40, hipMemcpyHostToHost), hipErrorInvalidMemcpyDirection);
  EXPECT_HIP(hipMemcpy(device, host, 40, static_cast<hipMemcpyKind>(9)),
             hipErrorInvalidMemcpyDirection);
  auto *nowhere = reinterpret_cast<void *>(std::uintptr_t{0x1234});
  EXPECT_HIP(hipMemcpy(device, nowhere, 40, hipMemcpyHostToDevice), hipErrorInvalidValue);
  EXPECT_HIP(hipMemset(host, 0, 40), hipErrorInvalidValue);
  EXPECT_HIP(hipFree(host), hipErrorInvalidValue);
  EXPECT_HIP(hipFree(device + 1), hipErrorInvalidValue);
  OK(hipFree(nullptr));
  OK(hipFree(device));
  EXPECT_HIP(hipFree(device), hipErrorInvalidValue);
  EXPECT_HIP(hipMemcpy(host, device, 40, hipMemcpyDeviceToHost), hipErrorInvalidValue);
  EXPECT_HIP(hipMemcpy(device, host, 40, hipMemcpyDefault), hipErrorInvalidValue);
  void *none = host;
  OK(hipMalloc(&none, 0));
  EXPECT_EQ(none, nullptr);
}

TEST_F(HipRuntime, TwoDimensionalCopiesTouchOnlyTheirRows) {
  constexpr std::size_t kWidth = 37, kHeight = 9, kHostPitch = 50;
  auto source = randomBytes(kHostPitch * kHeight, 2);
  void *device = nullptr;
  std::size_t pitch = 0;
  OK(hipMallocPitch(&device, &pitch, kWidth, kHeight));
  EXPECT_GE(pitch, kWidth);
  EXPECT_EQ(pitch % 256, 0u);
  OK(hipMemset2D(device, pitch, 0xab, pitch, kHeight));
  OK(hipMemcpy2D(device, pitch, source.data(), kHostPitch, kWidth, kHeight, hipMemcpyHostToDevice));
  auto all = download(static_cast<unsigned char *>(device), pitch * kHeight);
  for (std::size_t y = 0; y < kHeight; ++y)
    for (std::size_t x = 0; x < pitch; ++x)
      ASSERT_EQ(all[y * pitch + x], x < kWidth ? source[y * kHostPitch + x] : 0xab)
          << x << "," << y;
  std::vector<unsigned char> back(kHostPitch * kHeight, 1);
  OK(hipMemcpy2D(back.data(), kHostPitch, device, pitch, kWidth, kHeight, hipMemcpyDeviceToHost));
  for (std::size_t n = 0; n < back.size(); ++n)
    ASSERT_EQ(back[n], n % kHostPitch < kWidth ? source[n] : 1) << n;
  EXPECT_HIP(hipMemcpy2D(device, kWidth - 1, source.data(), kHostPitch, kWidth, kHeight,
                         hipMemcpyHostToDevice),
             hipErrorInvalidPitchValue);

  hip_Memcpy2D p{};
  p.srcHost = source.data();
  p.srcPitch = kHostPitch;
  p.srcXInBytes = 5;
  p.srcY = 2;
  p.dstDevice = device;
  p.dstPitch = pitch;
  p.dstXInBytes = 1;
  p.dstY = 3;
  p.WidthInBytes = 20;
  p.Height = 4;
  OK(hipMemcpyParam2D(&p));
  auto after = download(static_cast<unsigned char *>(device), pitch * kHeight);
  for (std::size_t y = 0; y < kHeight; ++y)
    for (std::size_t x = 0; x < pitch; ++x) {
      bool inside = y >= 3 && y < 7 && x >= 1 && x < 21;
      ASSERT_EQ(after[y * pitch + x],
                inside ? source[(y - 1) * kHostPitch + x + 4] : all[y * pitch + x])
          << x << "," << y;
    }
}

TEST_F(HipRuntime, ThreeDimensionalCopiesAndFillsTouchOnlyTheirBox) {
  const hipExtent box{16, 3, 4};
  hipPitchedPtr device{};
  OK(hipMalloc3D(&device, box));
  OK(hipMemset3D(device, 7, hipExtent{device.pitch, 3, 4}));
  auto source = randomBytes(16 * 3 * 4, 3);
  hipMemcpy3DParms p{};
  p.srcPtr = make_hipPitchedPtr(source.data(), 16, 16, 3);
  p.dstPtr = device;
  p.dstPos = make_hipPos(2, 1, 1);
  p.extent = make_hipExtent(5, 2, 3);
  p.kind = hipMemcpyHostToDevice;
  OK(hipMemcpy3D(&p));
  auto all = download(static_cast<unsigned char *>(device.ptr), device.pitch * 12);
  for (std::size_t z = 0; z < 4; ++z)
    for (std::size_t y = 0; y < 3; ++y)
      for (std::size_t x = 0; x < device.pitch; ++x) {
        bool inside = z >= 1 && y >= 1 && x >= 2 && x < 7;
        ASSERT_EQ(all[(z * 3 + y) * device.pitch + x],
                  inside ? source[((z - 1) * 3 + y - 1) * 16 + x - 2] : 7)
            << x << "," << y << "," << z;
      }
}

TEST_F(HipRuntime, FillsRepeatElementsOfOneTwoAndFourBytes) {
  auto *p = allocate<unsigned char>(32);
  OK(hipMemset(p, 0x1ff, 32)); // the value's low byte
  OK(hipMemsetD16(p + 4, 0x1234, 3));
  OK(hipMemsetD32(p + 12, 0x01020304, 2));
  OK(hipMemsetD8(p + 30, 9, 1));
  std::vector<unsigned char> expected(32, 0xff);
  for (int n : {4, 6, 8}) {
    expected[static_cast<std::size_t>(n)] = 0x34;
    expected[static_cast<std::size_t>(n) + 1] = 0x12;
  }
  for (std::size_t n : {12u, 16u})
    for (std::size_t i = 0; i < 4; ++i)
      expected[n + i] = static_cast<unsigned char>(4 - i);
  expected[30] = 9;
  EXPECT_EQ(download(p, 32), expected);
  EXPECT_HIP(hipMemset(p, 0, 33), hipErrorInvalidValue);
}

TEST_F(HipRuntime, KernelsWorkOnPinnedManagedAndRegisteredMemory) {
  int *pinned = nullptr, *managed = nullptr;
  OK(hipHostMalloc(reinterpret_cast<void **>(&pinned), 400, hipHostMallocMapped));
  OK(hipMallocManaged(reinterpret_cast<void **>(&managed), 400, hipMemAttachGlobal));
  std::vector<int> own = counting(100);
  OK(hipHostRegister(own.data(), 400, 0));
  EXPECT_HIP(hipHostRegister(own.data(), 400, 0), hipErrorHostMemoryAlreadyRegistered);
  EXPECT_EQ(pinned[99], kPoison); // not zero by luck
  for (int *values : {pinned, managed})
    std::copy_n(own.begin(), 100, values);
  int *on_device = nullptr;
  OK(hipHostGetDevicePointer(reinterpret_cast<void **>(&on_device), pinned, 0));
  for (int *values : {on_device, managed, own.data()})
    OK(onValues("double_in_place", values, 100, nullptr));
  OK(hipDeviceSynchronize());
  const auto expected = twice(counting(100));
  EXPECT_EQ(std::vector<int>(pinned, pinned + 100), expected);
  EXPECT_EQ(std::vector<int>(managed, managed + 100), expected);
  EXPECT_EQ(own, expected);
  unsigned flags = 0;
  OK(hipHostGetFlags(&flags, pinned));
  EXPECT_EQ(flags, static_cast<unsigned>(hipHostMallocMapped));
  EXPECT_HIP(hipFree(pinned), hipErrorInvalidValue);
  EXPECT_HIP(hipHostFree(managed), hipErrorInvalidValue);
  OK(hipHostUnregister(own.data()));
  EXPECT_HIP(hipHostUnregister(own.data()), hipErrorHostMemoryNotRegistered);
  OK(hipHostFree(pinned));
  OK(hipFree(managed));
}

// The numbers are HIP 6's: the library is not loaded under the name of HIP 5's.
TEST_F(HipRuntime, PointersTellWhatTheyAre) {
  auto *device = allocate<char>(1000);
  void *pinned = nullptr;
  OK(hipHostMalloc(&pinned, 100, 0));
  hipPointerAttribute_t a;
  OK(hipPointerGetAttributes(&a, device + 10));
  EXPECT_EQ(static_cast<int>(a.memoryType), 2);
  EXPECT_EQ(a.devicePointer, device + 10);
  EXPECT_EQ(a.hostPointer, nullptr);
  OK(hipPointerGetAttributes(&a, pinned));
  EXPECT_EQ(static_cast<int>(a.memoryType), 1);
  EXPECT_EQ(a.hostPointer, pinned);
  int local = 0;
  OK(hipPointerGetAttributes(&a, &local));
  EXPECT_EQ(static_cast<int>(a.memoryType), 0);
  hipDeviceptr_t base = nullptr;
  std::size_t bytes = 0;
  OK(hipMemGetAddressRange(&base, &bytes, device + 999));
  EXPECT_EQ(base, device);
  EXPECT_EQ(bytes, 1000u);
  EXPECT_HIP(hipMemGetAddressRange(&base, &bytes, device + 1000), hipErrorNotFound);
  std::uint64_t start = 0;
  OK(hipPointerGetAttribute(&start, HIP_POINTER_ATTRIBUTE_RANGE_START_ADDR, device + 5));
  EXPECT_EQ(start, reinterpret_cast<std::uintptr_t>(device));
  EXPECT_HIP(hipPointerGetAttribute(&start, HIP_POINTER_ATTRIBUTE_RANGE_START_ADDR, &local),
             hipErrorInvalidValue);
}

TEST_F(HipRuntime, MemoryIsFreedInStreamOrder) {
  hipStream_t s = stream();
  void *pointer = nullptr;
  OK(hipMallocAsync(&pointer, 400, s));
  auto values = counting(100);
  OK(hipMemcpyAsync(pointer, values.data(), 400, hipMemcpyHostToDevice, s));
  OK(onValues("double_in_place", static_cast<int *>(pointer), 100, s));
  std::vector<int> result(100);
  OK(hipMemcpyAsync(result.data(), pointer, 400, hipMemcpyDeviceToHost, s));
  OK(hipFreeAsync(pointer, s));
  OK(hipStreamSynchronize(s));
  EXPECT_EQ(result, twice(counting(100)));
  EXPECT_HIP(hipFree(pointer), hipErrorInvalidValue);
  EXPECT_HIP(hipFreeAsync(pointer, s), hipErrorInvalidValue);
}

TEST_F(HipRuntime, TheDefaultPoolAllocatesAndRemembersItsAttributes) {
  hipMemPool_t pool = nullptr, other = nullptr;
  OK(hipDeviceGetDefaultMemPool(&pool, 0));
  OK(hipDeviceGetMemPool(&other, 0));
  EXPECT_EQ(pool, other);
  OK(hipDeviceSetMemPool(0, pool));
  std::uint64_t threshold = std::uint64_t{3} << 33, read = 0, used = 0;
  OK(hipMemPoolSetAttribute(pool, hipMemPoolAttrReleaseThreshold, &threshold));
  OK(hipMemPoolGetAttribute(pool, hipMemPoolAttrReleaseThreshold, &read));
  EXPECT_EQ(read, threshold);
  int reuse = -1;
  OK(hipMemPoolGetAttribute(pool, hipMemPoolReuseAllowOpportunistic, &reuse));
  EXPECT_EQ(reuse, 1);
  OK(hipMemPoolGetAttribute(pool, hipMemPoolAttrUsedMemCurrent, &used));
  void *pointer = nullptr;
  OK(hipMallocFromPoolAsync(&pointer, 1000, pool, nullptr));
  OK(hipMemPoolGetAttribute(pool, hipMemPoolAttrUsedMemCurrent, &read));
  EXPECT_EQ(read, used + 1000);
  OK(hipFreeAsync(pointer, nullptr));
  OK(hipDeviceSynchronize());
  OK(hipMemPoolGetAttribute(pool, hipMemPoolAttrUsedMemCurrent, &read));
  EXPECT_EQ(read, used);
  OK(hipMemPoolTrimTo(pool, 0));
  auto invented = reinterpret_cast<hipMemPool_t>(&used);
  EXPECT_HIP(hipMallocFromPoolAsync(&pointer, 8, invented, nullptr), hipErrorInvalidValue);
  EXPECT_HIP(hipMemPoolTrimTo(invented, 0), hipErrorInvalidValue);
}

TEST_F(HipRuntime, ThreadsAllocateCopyAndLaunchAtOnce) {
  std::vector<std::thread> threads;
  std::vector<int> wrong(6, -1);
  hipFunction_t function = kernel("double_in_place");
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&, t] {
      int errors = 0;
      for (int round = 0; round < 10; ++round) {
        auto values = counting(200, 1000 * t + round);
        int *p = nullptr, n = 200;
        hipStream_t s = nullptr;
        errors += hipMalloc(reinterpret_cast<void **>(&p), 800) != hipSuccess;
        errors += hipStreamCreate(&s) != hipSuccess;
        errors += hipMemcpyAsync(p, values.data(), 800, hipMemcpyHostToDevice, s) != hipSuccess;
        void *parameters[] = {&p, &n};
        errors += hipModuleLaunchKernel(function, 4, 1, 1, 64, 1, 1, 0, s, parameters, nullptr) !=
                  hipSuccess;
        std::vector<int> result(200);
        errors += hipMemcpyAsync(result.data(), p, 800, hipMemcpyDeviceToHost, s) != hipSuccess;
        errors += hipStreamSynchronize(s) != hipSuccess;
        errors += result != twice(values);
        errors += hipStreamDestroy(s) != hipSuccess;
        errors += hipFree(p) != hipSuccess;
      }
      wrong[static_cast<std::size_t>(t)] = errors;
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, std::vector<int>(6, 0));
}

} // namespace
