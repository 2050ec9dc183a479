// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Many cases in one call, against NumPy and against the un-tiled meaning.
#include "Harness.h"
#include "Programs.h"

#include "spak/Simulator/Check.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace spak::sim;

namespace {

const char kReference[] = R"(
import numpy as np
def forward(Q, K, V, scale, point):
    assert point["causal"] is True
    g = Q.shape[1] // K.shape[1]
    K, V = np.repeat(K, g, 1), np.repeat(V, g, 1)
    S = np.einsum("bhmd,bhnd->bhmn", Q, K) * scale
    m, n = np.arange(S.shape[2])[:, None], np.arange(S.shape[3])[None, :]
    S = np.where(n <= m + S.shape[3] - S.shape[2], S, -np.inf)
    top = np.max(S, -1, initial=-np.inf, keepdims=True)
    P = np.exp(S - np.where(np.isfinite(top), top, 0))
    total = P.sum(-1, keepdims=True)
    some = np.where(total > 0, total, 1)
    LSE = np.where(total > 0, top + np.log(some), -np.inf)
    return {"O": P @ V / some, "LSE": LSE[..., 0]}
def wrong(Q, V, N):
    return {"O": np.zeros(Q.shape)}
def broken(Q, absent):
    pass
)";

class CheckTest : public SimulatorTest {
protected:
  CheckTest() {
    llvm::SmallString<128> path;
    llvm::sys::fs::createUniqueDirectory("spak-check-test", path);
    folder = std::string(path);
    llvm::sys::path::append(path, "reference.py");
    file = std::string(path);
    std::error_code error;
    llvm::raw_fd_ostream(file, error) << kReference;
  }
  ~CheckTest() override { llvm::sys::fs::remove_directories(folder); }

  std::string program(const char *body, int64_t tm = 16, int64_t tn = 8) {
    std::string text =
        with(std::string(kAttentionTypes) + kAttentionHead + body,
             {{"tm", std::to_string(tm)},
              {"tn", std::to_string(tn)},
              {"slots", "2"},
              {"schedule", "persistent_static"},
              {"direction", "reverse"}});
    return broken(text, "spak.kind = \"dim\"}) {",
                  "spak.kind = \"dim\"}) attributes {point = {causal = true, "
                  "tile_m = 16 : i64}} {");
  }

  /// A request for \p body after the opened form, with everything to compare.
  CheckRequest request(const std::string &last) {
    modules.push_back(parse(program(kOpened)));
    modules.push_back(parse(last));
    CheckRequest request;
    request.kernel = "forward";
    request.phases = {{"opened", *modules[0]},
                      {"scheduled", *modules[1], true}};
    request.cases = allCases({{"B", {1}},
                              {"Hq", {2}},
                              {"Hkv", {1}},
                              {"M", {0, 1, 17, 40}},
                              {"N", {0, 1, 9, 50}}},
                             InputKind::Outliers, 3);
    request.reference = ReferenceFunction{file, "forward"};
    request.untiled = [this](const std::map<std::string, int64_t> &dims) {
      return llvm::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>(
          parse(program(kClosed, std::max<int64_t>(dims.at("M"), 1),
                        std::max<int64_t>(dims.at("N"), 1))));
    };
    return request;
  }

  std::string folder, file;
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> modules;
};

std::string errorText(llvm::Expected<Report> report) {
  return report ? "" : llvm::toString(report.takeError());
}

} // namespace

TEST_F(CheckTest, EveryPairingAgreesWithNumpyAndTheExactMeaning) {
  llvm::Expected<Report> report = check(request(program(kStaged)));
  ASSERT_TRUE(static_cast<bool>(report)) << llvm::toString(report.takeError());
  std::string text;
  llvm::raw_string_ostream os(text);
  report->print(os);
  EXPECT_TRUE(report->pass()) << text;
  EXPECT_EQ(report->results.size(), 32u);
  EXPECT_NE(text.find("forward after scheduled: 16 of 16 cases passed"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("same bits as the phase before"), std::string::npos);
  text.clear();
  report->printJson(os);
  EXPECT_NE(text.find("\"phase\":\"scheduled\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"reference\":{"), std::string::npos);
  EXPECT_NE(text.find("\"exact\":{"), std::string::npos);
}

TEST_F(CheckTest, ABugInALaterPhaseIsToldWithItsCase) {
  CheckRequest wrong = request(
      broken(program(kStaged), "%o3 = spak.dot %loop#2, %vl acc %loop#1 over",
             "%o3 = spak.dot %loop#2, %vl acc %o0 over"));
  llvm::Expected<Report> report = check(wrong);
  ASSERT_TRUE(static_cast<bool>(report)) << llvm::toString(report.takeError());
  std::string text;
  llvm::raw_string_ostream os(text);
  report->print(os);
  EXPECT_FALSE(report->pass());
  EXPECT_NE(text.find("FAILED  scheduled: B=1 Hkv=1 Hq=2 M=17 N=50 outliers "
                      "seed 3, axes swapped"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("the bits differ"), std::string::npos) << text;
  EXPECT_NE(text.find("  and 1 more after scheduled"), std::string::npos)
      << text;
  EXPECT_NE(text.find("forward after opened: 16 of 16"), std::string::npos)
      << text;
}

TEST_F(CheckTest, ARunThatEndsEarlyIsAResult) {
  llvm::Expected<Report> report = check(request(
      broken(program(kStaged), "%some = arith.cmpi slt, %zero, %end : index",
             "%some = arith.constant true")));
  ASSERT_TRUE(static_cast<bool>(report)) << llvm::toString(report.takeError());
  std::string text;
  llvm::raw_string_ostream os(text);
  report->print(os);
  EXPECT_FALSE(report->pass());
  EXPECT_NE(text.find("deadlock in block 0"), std::string::npos) << text;
  EXPECT_TRUE(messages.empty()) << messages;
}

TEST_F(CheckTest, ReferenceErrorsSayWhat) {
  CheckRequest bad = request(program(kStaged));
  bad.reference->function = "nowhere";
  EXPECT_NE(errorText(check(bad)).find("has no function nowhere"),
            std::string::npos);
  bad.reference->function = "wrong";
  EXPECT_NE(errorText(check(bad)).find("wrong gives no LSE"),
            std::string::npos);
  bad.reference->function = "broken";
  EXPECT_NE(errorText(check(bad)).find("broken asks for absent"),
            std::string::npos);
  bad.reference->path = folder + "/nothing.py";
  EXPECT_NE(errorText(check(bad)).find("no file"), std::string::npos);
}

TEST_F(CheckTest, AMissingDimIsAnError) {
  CheckRequest bad = request(program(kStaged));
  bad.cases = allCases({{"B", {1}}, {"Hq", {1}}, {"M", {4}}, {"N", {4}}},
                       InputKind::Normal, 1);
  EXPECT_NE(errorText(check(bad)).find("has no size for dim `Hkv`"),
            std::string::npos);
}

TEST(Npy, FilesComeBack) {
  llvm::SmallString<128> path;
  llvm::sys::fs::createTemporaryFile("spak", "npy", path);
  std::vector<double> values = {1.5, -2, 0, std::nan(""), HUGE_VAL, 7};
  ASSERT_FALSE(writeNpy(path, {2, 3}, values));
  auto read = readNpy(path, {2, 3});
  ASSERT_TRUE(static_cast<bool>(read));
  EXPECT_EQ((*read)[4], HUGE_VAL);
  EXPECT_TRUE(std::isnan((*read)[3]));
  EXPECT_EQ(llvm::toString(readNpy(path, {2, 4}).takeError()),
            std::string(path) + " has 6 elements, expected 8");
  llvm::sys::fs::remove(path);
}
