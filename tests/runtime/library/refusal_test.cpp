// What cannot be served is a status and a sentence that says what, where and what to do.
#include "tests/runtime/library/fixture.h"
#include "tests/support/temporary_folder.h"

namespace gemmsmith {
namespace {

constexpr const char *kPlainObject = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1.co";

TEST_F(Library, AMissingObjectNamesTheKernelAndWhereItWasLookedFor) {
  const TemporaryFolder empty;
  gs_options with_empty = options();
  const std::string path = empty.path();
  with_empty.objects = path.c_str();
  create(with_empty);
  const GemmOnDevice gemm(kPlain);
  EXPECT_GS(launch(gemm), GS_ERROR_NO_OBJECT);
  EXPECT_TRUE(lastErrorSays(
      {"gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1", "it is not in the directory " + path}));
  EXPECT_EQ(counters().not_found, 1u);
  EXPECT_EQ(counters().launches, 0u);
}

TEST_F(Library, WithoutAPlaceToLookInItSaysHowToNameOne) {
  gs_options nowhere = options();
  nowhere.objects = "";
  create(nowhere);
  EXPECT_GS(launch(GemmOnDevice(kPlain)), GS_ERROR_NO_OBJECT);
  EXPECT_TRUE(lastErrorSays({"GEMMSMITH_CACHE", "GEMMSMITH_SERVICE", "GEMMSMITH_OBJECTS"}));
}

TEST_F(Library, AnObjectThatAppearsIsFoundByTheNextCall) {
  const TemporaryFolder folder;
  const std::string path = folder.path();
  gs_options with_folder = options();
  with_folder.objects = path.c_str();
  create(with_folder);
  const GemmOnDevice gemm(kPlain);
  EXPECT_GS(launch(gemm), GS_ERROR_NO_OBJECT);
  folder.write(kPlainObject, bytesOf(std::string(kObjects) + "/" + kPlainObject));
  EXPECT_GS(launch(gemm), GS_SUCCESS);
  EXPECT_EQ(gemm.verify(), "");
}

// The kernel's own bytes and ELF file, for another processor: EF_AMDGPU_MACH of gfx942 is 0x4c.
TEST_F(Library, AnObjectForAnotherTargetIsRefusedBeforeHipSeesIt) {
  constexpr std::size_t kElfFlags = 48;
  std::string object = bytesOf(std::string(kObjects) + "/" + kPlainObject);
  ASSERT_GT(object.size(), kElfFlags);
  object[kElfFlags] = 0x4c;
  const TemporaryFolder folder;
  folder.write(kPlainObject, object);
  const std::string path = folder.path();
  gs_options with_folder = options();
  with_folder.objects = path.c_str();
  create(with_folder);
  EXPECT_GS(launch(GemmOnDevice(kPlain)), GS_ERROR_TARGET);
  EXPECT_TRUE(lastErrorSays({kPlainObject, "the device is gfx950"}));
  EXPECT_EQ(counters().loads, 0u);
}

TEST_F(Library, ADamagedObjectIsRefused) {
  const std::string object = bytesOf(std::string(kObjects) + "/" + kPlainObject);
  const TemporaryFolder folder;
  const std::string path = folder.path();
  gs_options with_folder = options();
  with_folder.objects = path.c_str();
  create(with_folder);
  for (const std::string &bad :
       {object.substr(0, object.size() / 2), std::string("not ELF"), std::string()}) {
    folder.write(kPlainObject, bad);
    EXPECT_GS(launch(GemmOnDevice(kPlain)), GS_ERROR_INPUT);
    EXPECT_TRUE(lastErrorSays({kPlainObject}));
  }
}

TEST_F(Library, AnObjectOfAnotherKernelIsRefused) {
  const TemporaryFolder folder;
  folder.write(kPlainObject, bytesOf(std::string(kObjects) +
                                     "/gemm_gfx950_bf16_bf16_ring_t16x64x128_s3_w1x2x1.co"));
  const std::string path = folder.path();
  gs_options with_folder = options();
  with_folder.objects = path.c_str();
  create(with_folder);
  EXPECT_GS(launch(GemmOnDevice(kPlain)), GS_ERROR_INPUT);
  EXPECT_TRUE(lastErrorSays({"does not hold the kernel"}));
}

TEST_F(Library, WrongArgumentsAreNamed) {
  const GemmOnDevice gemm(kPlain);
  const gs_problem problem = gemm.problem();
  const gs_pointers pointers = gemm.pointers();
  const auto refused = [&](const gs_problem &p, const gs_pointers &x, gs_status status,
                           const std::vector<std::string> &words) {
    EXPECT_GS(gs_gemm(context_, &p, &x, nullptr), status);
    EXPECT_TRUE(lastErrorSays(words));
  };
  for (const bool prepared : {false, true}) {
    gs_problem p = problem;
    p.bias = 1;
    refused(p, pointers, GS_ERROR_INVALID, {"has a bias", "gs_pointers.bias is null"});
    p = problem;
    p.out_type = 7;
    refused(p, pointers, GS_ERROR_INVALID, {"out_type 7"});
    p = problem;
    p.m = 0;
    refused(p, pointers, GS_ERROR_UNSUPPORTED, {"M is 0"});
    p = problem;
    p.lda = 100;
    refused(p, pointers, GS_ERROR_UNSUPPORTED, {"lda is 100"});
    p = problem;
    p.b_layout = GS_B_PRESHUFFLED;
    refused(p, pointers, GS_ERROR_UNSUPPORTED, {"no kernel can serve this problem"});

    gs_pointers x = pointers;
    x.c = nullptr;
    refused(problem, x, GS_ERROR_INVALID, {"must not be null"});
    x = pointers;
    x.bias = x.a;
    refused(problem, x, GS_ERROR_INVALID, {"has no bias"});
    x = pointers;
    x.a = static_cast<const std::byte *>(x.a) + 1;
    refused(problem, x, GS_ERROR_INVALID, {"aligned to their elements"});
    x = pointers;
    x.workspace = static_cast<std::byte *>(x.c) + 8;
    refused(problem, x, GS_ERROR_INVALID, {"aligned to 256 bytes"});
    ASSERT_TRUE(prepared || launch(gemm) == GS_SUCCESS) << gs_last_error();
  }
  EXPECT_GS(gs_gemm(nullptr, &problem, &pointers, nullptr), GS_ERROR_INVALID);
  EXPECT_GS(gs_gemm(context_, nullptr, &pointers, nullptr), GS_ERROR_INVALID);
  EXPECT_GS(gs_gemm(context_, &problem, nullptr, nullptr), GS_ERROR_INVALID);
  EXPECT_TRUE(lastErrorSays({"pointers must not be null"}));
}

TEST_F(Library, AStreamOfAnotherDeviceIsRefused) {
  ASSERT_HIP(hipSetDevice(1));
  hipStream_t stream = makeStream();
  ASSERT_HIP(hipSetDevice(0));
  EXPECT_GS(launch(GemmOnDevice(kPlain), stream), GS_ERROR_INVALID);
  EXPECT_TRUE(lastErrorSays({"belongs to device 1", "current device is 0"}));
  ASSERT_HIP(hipStreamDestroy(stream));
}

TEST_F(Library, AnUnknownStreamIsHipsError) {
  const auto stream = reinterpret_cast<hipStream_t>(std::uintptr_t{0xdead0});
  EXPECT_GS(launch(GemmOnDevice(kPlain), stream), GS_ERROR_HIP);
  EXPECT_TRUE(lastErrorSays({"hipStreamIsCapturing", "(400)"}));
  ASSERT_GS(prepare(kPlain));
  EXPECT_GS(launch(GemmOnDevice(kPlain), stream), GS_ERROR_HIP);
  EXPECT_TRUE(lastErrorSays({"hipModuleLaunchKernel", "(400)"}));
}

TEST_F(Library, OptionsOfANewerHeaderAreRefusedOnlyIfTheyAreSet) {
  struct {
    gs_options known;
    std::uint64_t later;
  } newer{options(), 0};
  newer.known.size = sizeof newer;
  gs_context *context = nullptr;
  EXPECT_GS(gs_context_create(&newer.known, &context), GS_SUCCESS);
  gs_context_destroy(context);
  newer.later = 1;
  EXPECT_GS(gs_context_create(&newer.known, &context), GS_ERROR_INVALID);
  EXPECT_EQ(context, nullptr);
  EXPECT_TRUE(lastErrorSays({"gs_options", "does not know"}));

  gs_options older = options();
  older.size = offsetof(gs_options, log);
  older.log = reinterpret_cast<gs_log_callback>(std::uintptr_t{1}); // not there for the library
  EXPECT_GS(gs_context_create(&older, &context), GS_SUCCESS);
  gs_context_destroy(context);
  older.size = 0;
  EXPECT_GS(gs_context_create(&older, &context), GS_ERROR_INVALID);
  EXPECT_GS(gs_context_create(&older, nullptr), GS_ERROR_INVALID);
}

TEST_F(Library, ATableThatCannotBeReadFailsTheContext) {
  gs_options bad = options();
  bad.tables = "/nonexistent/tuned.csv";
  gs_context *context = nullptr;
  EXPECT_GS(gs_context_create(&bad, &context), GS_ERROR_INPUT);
  EXPECT_TRUE(lastErrorSays({"/nonexistent/tuned.csv"}));
}

TEST_F(Library, EveryStatusHasAText) {
  for (int status = GS_SUCCESS; status <= GS_ERROR_INTERNAL; ++status)
    EXPECT_STRNE(gs_status_string(status), "not a gs_status");
  EXPECT_STREQ(gs_status_string(99), "not a gs_status");
  EXPECT_EQ(gs_version(), unsigned{GS_VERSION});
}

} // namespace
} // namespace gemmsmith
