// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the exchange with NumPy. A request file names the calls; the script
// below answers each with one file an output.
#include "spak/Simulator/Reference.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::sim {

namespace {

constexpr llvm::StringLiteral kScript = R"py(
import importlib.util, inspect, json, os, sys
sys.dont_write_bytecode = True
try:
    import numpy as np
except ImportError:
    sys.exit(77)
request = json.load(open(sys.argv[1]))
path, name = request["path"], request["function"]
if not os.path.exists(path):
    sys.exit("no file %s" % path)
spec = importlib.util.spec_from_file_location("reference", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
if not hasattr(module, name):
    sys.exit("%s has no function %s" % (path, name))
function = getattr(module, name)
wanted = inspect.signature(function).parameters
takes_all = any(p.kind is p.VAR_KEYWORD for p in wanted.values())
np.seterr(all="ignore")
for call in request["calls"]:
    given = {k: np.load(f) for k, f in call["inputs"].items()}
    given.update(call["scalars"])
    given.update(call["dims"])
    given["point"] = call["point"]
    missing = [k for k, p in wanted.items() if k not in given
               and p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    if missing:
        sys.exit("%s asks for %s, which the kernel does not have"
                 % (name, ", ".join(missing)))
    result = function(**{k: v for k, v in given.items()
                         if takes_all or k in wanted})
    for output, entry in call["outputs"].items():
        if output not in result:
            sys.exit("%s gives no %s" % (name, output))
        array = np.ascontiguousarray(result[output], np.float64)
        if list(array.shape) != entry["extents"]:
            sys.exit("%s gives %s with shape %s, expected %s"
                     % (name, output, list(array.shape), entry["extents"]))
        np.save(entry["file"], array)
)py";

constexpr llvm::StringLiteral kMagic = "\x93NUMPY\x01";
constexpr unsigned kSecondsToWait = 600;

llvm::Error fail(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

std::string shapeText(llvm::ArrayRef<int64_t> extents) {
  std::string text = "(";
  for (int64_t extent : extents) {
    text += std::to_string(extent) + ", ";
  }
  return text + ")";
}

llvm::Error writeText(llvm::StringRef path, llvm::StringRef text) {
  std::error_code error;
  llvm::raw_fd_ostream stream(path, error);
  if (error) {
    return fail("cannot write " + path + ": " + error.message());
  }
  stream << text;
  return llvm::Error::success();
}

/// The exit status with which the script says that NumPy is not there.
constexpr int kNoNumpy = 77;

/// Every python3 that might have NumPy: the one on PATH, and the system's,
/// which a user's own often hides.
std::vector<std::string> pythons() {
  std::vector<std::string> found;
  if (auto path = llvm::sys::findProgramByName("python3")) {
    found.push_back(*path);
  }
  if (auto path = llvm::sys::findProgramByName(
          "python3", {"/usr/bin", "/usr/local/bin"})) {
    found.push_back(*path);
  }
  return found;
}

/// Runs python3 on \p script and \p request.
llvm::Error runPython(llvm::StringRef script, llvm::StringRef request,
                      llvm::StringRef errors) {
  for (const std::string &python : pythons()) {
    llvm::StringRef arguments[] = {python, script, request};
    std::optional<llvm::StringRef> redirects[] = {"", "", errors};
    std::string words;
    int code = llvm::sys::ExecuteAndWait(python, arguments, std::nullopt,
                                         redirects, kSecondsToWait, 0, &words);
    if (code == 0) {
      return llvm::Error::success();
    }
    if (code == kNoNumpy) {
      continue;
    }
    if (auto text = llvm::MemoryBuffer::getFile(errors)) {
      // The last line says what; the others say where in Python.
      llvm::StringRef last = (*text)->getBuffer().rtrim();
      words = last.substr(last.rfind('\n') + 1).str();
    }
    return fail("the reference function failed: " + words);
  }
  return fail("the reference needs a python3 that has NumPy; none was found");
}

} // namespace

llvm::Error writeNpy(llvm::StringRef path, llvm::ArrayRef<int64_t> extents,
                     llvm::ArrayRef<double> values) {
  std::string header = llvm::formatv("{{'descr': '<f8', 'fortran_order': "
                                     "False, 'shape': {0}, }",
                                     shapeText(extents));
  // Magic, version, length and header together take a multiple of 64 bytes.
  size_t before = kMagic.size() + 3;
  header.append(63 - (before + header.size()) % 64, ' ');
  header += '\n';
  std::error_code error;
  llvm::raw_fd_ostream stream(path, error);
  if (error) {
    return fail("cannot write " + path + ": " + error.message());
  }
  char length[2];
  llvm::support::endian::write16le(length, header.size());
  stream << kMagic << '\0' << llvm::StringRef(length, 2) << header;
  std::vector<char> bytes(values.size() * sizeof(double));
  for (auto [i, value] : llvm::enumerate(values)) {
    llvm::support::endian::write64le(&bytes[i * 8],
                                     llvm::bit_cast<uint64_t>(value));
  }
  stream.write(bytes.data(), bytes.size());
  return llvm::Error::success();
}

llvm::Expected<std::vector<double>> readNpy(llvm::StringRef path,
                                            llvm::ArrayRef<int64_t> extents) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file) {
    return fail("cannot read " + path + ": " + file.getError().message());
  }
  llvm::StringRef bytes = (*file)->getBuffer();
  size_t before = kMagic.size() + 3;
  if (!bytes.starts_with(kMagic) || bytes.size() < before) {
    return fail(path + " is no .npy file of version 1");
  }
  size_t length = llvm::support::endian::read16le(bytes.data() + before - 2);
  llvm::StringRef header = bytes.substr(before, length);
  if (!header.contains("'<f8'") || header.contains("True")) {
    return fail(path + " is no array of float64 in C order");
  }
  int64_t count = 1;
  for (int64_t extent : extents) {
    count *= extent;
  }
  bytes = bytes.drop_front(before + length);
  if (bytes.size() != static_cast<size_t>(count) * 8) {
    return fail(path + " has " + llvm::Twine(bytes.size() / 8) +
                " elements, expected " + llvm::Twine(count));
  }
  std::vector<double> values(count);
  for (int64_t i = 0; i < count; ++i) {
    values[i] = llvm::bit_cast<double>(
        llvm::support::endian::read64le(bytes.data() + i * 8));
  }
  return values;
}

llvm::Expected<std::vector<ReferenceResult>>
callReference(const ReferenceFunction &function,
              std::vector<ReferenceCall> calls) {
  llvm::SmallString<128> folder;
  if (std::error_code error =
          llvm::sys::fs::createUniqueDirectory("spak-reference", folder)) {
    return fail("cannot make a temporary folder: " + error.message());
  }
  auto removeFolder =
      llvm::scope_exit([&] { llvm::sys::fs::remove_directories(folder); });
  auto inFolder = [&](const llvm::Twine &name) {
    llvm::SmallString<128> path = folder;
    llvm::sys::path::append(path, name);
    return std::string(path);
  };

  llvm::json::Array list;
  for (auto [i, call] : llvm::enumerate(calls)) {
    llvm::json::Object inputs, outputs, scalars, dims;
    for (auto &[name, tensor] : call.inputs) {
      std::string path = inFolder(name + "-" + llvm::Twine(i) + ".in.npy");
      if (llvm::Error error =
              writeNpy(path, tensor->extents, tensor->dense())) {
        return error;
      }
      inputs[name] = path;
    }
    for (auto &[name, extents] : call.outputs) {
      outputs[name] = llvm::json::Object{
          {"file", inFolder(name + "-" + llvm::Twine(i) + ".out.npy")},
          {"extents", llvm::json::Array(extents)}};
    }
    for (auto &[name, value] : call.scalars) {
      scalars[name] = value;
    }
    for (auto &[name, value] : call.dims) {
      dims[name] = value;
    }
    list.push_back(llvm::json::Object{{"inputs", std::move(inputs)},
                                      {"outputs", std::move(outputs)},
                                      {"scalars", std::move(scalars)},
                                      {"dims", std::move(dims)},
                                      {"point", std::move(call.point)}});
  }
  llvm::json::Value request =
      llvm::json::Object{{"path", function.path},
                         {"function", function.function},
                         {"calls", std::move(list)}};
  std::string script = inFolder("call.py"),
              requestPath = inFolder("request.json");
  if (llvm::Error error = writeText(script, kScript)) {
    return error;
  }
  if (llvm::Error error =
          writeText(requestPath, llvm::formatv("{0}", request).str())) {
    return error;
  }
  if (llvm::Error error =
          runPython(script, requestPath, inFolder("errors.txt"))) {
    return error;
  }
  std::vector<ReferenceResult> results;
  for (auto [i, call] : llvm::enumerate(calls)) {
    ReferenceResult &result = results.emplace_back();
    for (auto &[name, extents] : call.outputs) {
      llvm::Expected<std::vector<double>> values =
          readNpy(inFolder(name + "-" + llvm::Twine(i) + ".out.npy"), extents);
      if (!values) {
        return values.takeError();
      }
      result[name] = std::move(*values);
    }
  }
  return results;
}

} // namespace spak::sim
