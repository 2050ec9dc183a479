// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: a kernel with its tensors on the device, and both ways to launch it.
// Must not time anything.
#include "Run/Job.h"

#include "Run/Arrays.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace spak_rt {

namespace {

bool endsWith(const std::string &text, const char *suffix) {
  const size_t length = std::strlen(suffix);
  return text.size() >= length &&
         text.compare(text.size() - length, length, suffix) == 0;
}

} // namespace

int runCommand(const std::vector<std::string> &command, std::string *log) {
  std::vector<char *> arguments;
  for (const std::string &argument : command) {
    arguments.push_back(const_cast<char *>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  int ends[2];
  if (pipe(ends) != 0) {
    return -1;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments[0], &actions, nullptr,
                                  arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  char buffer[4096];
  ssize_t count = 0;
  while (!failed && (count = ::read(ends[0], buffer, sizeof(buffer))) > 0) {
    if (log) {
      log->append(buffer, size_t(count));
    }
  }
  close(ends[0]);
  int status = 0;
  if (failed || waitpid(child, &status, 0) < 0) {
    return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Job::~Job() {
  for (const DeviceTensor &tensor : tensors) {
    if (tensor.buffer) {
      driver->release(tensor.buffer);
    }
  }
  if (driver) {
    workspaces.release(*driver);
  }
  if (!scratch.empty() && options.keep.empty()) {
    runCommand({"rm", "-rf", scratch}, nullptr);
  }
}

Outcome Job::compile(const std::string &source, const char *flag,
                     const std::string &target) {
  std::string nvcc = options.nvcc;
  if (nvcc.empty()) {
    nvcc = runCommand({"nvcc", "--version"}, nullptr) == 0
               ? "nvcc"
               : "/usr/local/cuda/bin/nvcc";
  }
  const std::string arch = manifest.arch.empty() ? "sm_90a" : manifest.arch;
  std::vector<std::string> command = {nvcc,
                                      "-std=c++17",
                                      "-O3",
                                      "-gencode",
                                      "arch=compute_" + arch.substr(3) +
                                          ",code=" + arch,
                                      flag};
  if (std::strcmp(flag, "-shared") == 0) {
    command.insert(command.end(), {"-Xcompiler", "-fPIC"});
  }
  command.insert(command.end(), {"-o", target, source});
  const auto start = std::chrono::steady_clock::now();
  std::string log;
  const int code = runCommand(command, &log);
  compileSeconds +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  if (code < 0 || code == 127) {
    return {kExitToolchain,
            "no nvcc on PATH or in /usr/local/cuda/bin: install the CUDA "
            "toolkit 13.0 or later, or name its compiler with --nvcc"};
  }
  return code
             ? Outcome{kExitToolchain, "nvcc rejects `" + source + "`:\n" + log}
             : Outcome();
}

Outcome Job::loadFunction(const std::string &path) {
  void *library =
      dlopen(path.find('/') == std::string::npos ? ("./" + path).c_str()
                                                 : path.c_str(),
             RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    return {kExitDiagnosed, dlerror()};
  }
  const std::string symbol = info->name + "_launch";
  function =
      reinterpret_cast<decltype(function)>(dlsym(library, symbol.c_str()));
  const std::string size = info->name + "_workspace";
  workspaceBytes =
      reinterpret_cast<decltype(workspaceBytes)>(dlsym(library, size.c_str()));
  if (!function || (!workspaceBytes && !info->workspace.empty())) {
    return {kExitDiagnosed,
            "`" + path + "` has no function " + (function ? size : symbol)};
  }
  return Outcome();
}

Outcome Job::setUp() {
  std::string text;
  Status status = readFile(options.manifest, text);
  if (status.ok()) {
    status = parseManifest(text, manifest);
  }
  if (!status.ok()) {
    return Outcome::of(status);
  }
  std::string known;
  for (const KernelInfo &candidate : manifest.kernels) {
    known += (known.empty() ? "" : ", ") + candidate.name;
    if (!info && (options.kernel.empty() || options.kernel == candidate.name)) {
      info = &candidate;
    }
  }
  if (!info) {
    return {kExitUsage,
            "no kernel `" + options.kernel + "`; the manifest has " + known};
  }
  for (const std::string &dim : info->dims) {
    if (!options.shape.count(dim)) {
      return {kExitUsage, "--shape lacks " + dim + ": " + info->name +
                              " has the dims " + [&] {
                                std::string list;
                                for (const std::string &d : info->dims) {
                                  list += (list.empty() ? "" : ", ") + d;
                                }
                                return list;
                              }()};
    }
    bindings.dims.push_back(options.shape.at(dim));
  }
  for (const ScalarInfo &scalar : info->scalars) {
    const auto given = options.scalars.find(scalar.name);
    bindings.scalars.push_back(given != options.scalars.end()
                                   ? given->second
                                   : scalar.defaultValue.value_or(1.0));
  }
  if (status = Driver::get(driver); status.ok()) {
    status = driver->ensureContext();
  }
  if (!status.ok()) {
    return Outcome::of(status);
  }
  char pattern[] = "/tmp/spak-run-XXXXXX";
  if (options.keep.empty() && !mkdtemp(pattern)) {
    return {kExitToolchain, "no temporary folder can be made in /tmp"};
  }
  scratch = options.keep.empty() ? pattern : options.keep;

  const bool isSource = endsWith(options.input, ".cu");
  const bool isLibrary = endsWith(options.input, ".so");
  Outcome outcome;
  if (!isLibrary && options.via != "function") {
    std::string path = options.input, cubin;
    if (isSource) {
      path = scratch + "/kernel.cubin";
      outcome = compile(options.input, "-cubin", path);
    }
    if (outcome.ok()) {
      outcome = Outcome::of(readFile(path, cubin));
    }
    if (outcome.ok()) {
      outcome = Outcome::of(device.load(*info, cubin));
    }
  }
  if (outcome.ok() && (isLibrary || options.via != "manifest")) {
    std::string path = options.input;
    if (isSource) {
      path = scratch + "/kernel.so";
      outcome = compile(options.input, "-shared", path);
    } else if (!isLibrary) {
      return {kExitUsage, "--via=" + options.via +
                              " needs a .cu or .so file, got `" +
                              options.input + "`"};
    }
    if (outcome.ok()) {
      outcome = loadFunction(path);
    }
  }
  return outcome.ok() ? makeTensors() : outcome;
}

Outcome Job::makeTensors() {
  bindings.tensors.resize(info->tensors.size());
  tensors.resize(info->tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    Outcome outcome = makeTensor(i);
    if (!outcome.ok()) {
      return outcome;
    }
  }
  Status status = checkBindings(*info, bindings);
  if (status.ok() && device.isLoaded()) {
    status = device.prepare(*info, bindings, prepared);
  }
  return Outcome::of(status);
}

Outcome Job::makeTensor(size_t index) {
  const TensorInfo &tensor = info->tensors[index];
  DeviceTensor &made = tensors[index];
  const Names dims = names();
  const size_t rank = tensor.axes.size();
  int64_t count = 1;
  for (const std::string &extent : tensor.extents) {
    int64_t size = 0;
    Status status = evaluate(extent, dims, size);
    if (!status.ok()) {
      return Outcome::of(status);
    }
    made.sizes.push_back(size);
    count *= size;
  }
  std::vector<size_t> order(rank);
  for (size_t axis = 0; axis < rank; ++axis) {
    order[axis] = axis;
  }
  if (options.order.count(tensor.name)) {
    std::vector<size_t> wanted;
    for (const std::string &axis : options.order.at(tensor.name)) {
      wanted.push_back(size_t(tensor.axisIndex(axis)));
    }
    std::vector<size_t> sorted = wanted;
    std::sort(sorted.begin(), sorted.end());
    if (sorted != order || wanted.back() != rank - 1) {
      return {kExitUsage, "--order=" + tensor.name +
                              ": expected every axis once, the last one last"};
    }
    order = wanted;
  }
  const int64_t element = tensor.type->bytes;
  const int64_t multiple =
      std::max<int64_t>(1, tensor.strideMultiple / element);
  made.strides.assign(rank, 1);
  int64_t step = 1;
  for (size_t i = rank; i-- > 0;) {
    made.strides[order[i]] = step;
    step = step * std::max<int64_t>(1, made.sizes[order[i]]) + options.pad;
    step = (step + multiple - 1) / multiple * multiple;
  }
  made.bytes = size_t(step * element) + 2 * kGuardBytes;

  std::vector<uint8_t> bits(made.bytes, 0xff);
  if (!tensor.isOutput) {
    std::vector<double> values(size_t(count), 0.0);
    Status status = generate(options.distribution, options.seed * 1000 + index,
                             rank ? made.sizes.back() : 1, values);
    if (!status.ok()) {
      return Outcome::of(status);
    }
    bool ok = true;
    forEachElement(made, [&](size_t linear, size_t offset) {
      ok &= encode(*tensor.type, values[linear],
                   &bits[kGuardBytes + offset * size_t(element)]);
    });
    if (!ok) {
      return {kExitUsage, tensor.name + ": no contents can be made for " +
                              tensor.type->name};
    }
  }
  Status status =
      driver->check(driver->allocate(&made.buffer, made.bytes), "cuMemAlloc");
  if (status.ok()) {
    status = driver->check(driver->copyIn(made.buffer, bits.data(), made.bytes),
                           "cuMemcpyHtoD");
  }
  TensorBinding &binding = bindings.tensors[index];
  binding = {made.buffer + kGuardBytes, true, made.sizes, made.strides};
  return Outcome::of(status);
}

std::vector<uint8_t> Job::paramsStruct(CuAddress workspace) const {
  std::vector<uint8_t> bytes;
  const auto append = [&](const void *data, size_t size) {
    bytes.resize((bytes.size() + size - 1) / size * size);
    const auto *begin = static_cast<const uint8_t *>(data);
    bytes.insert(bytes.end(), begin, begin + size);
  };
  for (const std::string &name : info->params) {
    if (const int index = info->tensorIndex(name); index >= 0) {
      const TensorBinding &binding = bindings.tensors[size_t(index)];
      append(&binding.address, 8);
      for (size_t axis = 0; axis + 1 < binding.strides.size(); ++axis) {
        append(&binding.strides[axis], 8);
      }
      continue;
    }
    const auto index = size_t(info->scalarIndex(name));
    uint64_t word = 0;
    encode(*info->scalars[index].type, bindings.scalars[index], &word);
    append(&word, info->scalars[index].type->bytes);
  }
  for (const int64_t &dim : bindings.dims) {
    append(&dim, 8);
  }
  if (!info->workspace.empty()) {
    append(&workspace, 8);
  }
  return bytes;
}

Outcome Job::launch(bool viaFunction) {
  if (!viaFunction) {
    return Outcome::of(device.launch(*info, prepared, nullptr));
  }
  CuAddress workspace = 0;
  if (!info->workspace.empty()) {
    const int64_t bytes = workspaceBytes(paramsStruct(0).data());
    Status status = workspaces.get(*driver, nullptr, bytes, workspace);
    if (!status.ok()) {
      return Outcome::of(status);
    }
  }
  const std::vector<uint8_t> params = paramsStruct(workspace);
  const char *message = "";
  const int code = function(params.data(), nullptr, &message);
  return code ? Outcome{kExitRunFailed,
                        info->name + "_launch: " + (message ? message : "") +
                            " (code " + std::to_string(code) + ")"}
              : Outcome();
}

Outcome Job::wait() {
  return Outcome::of(driver->check(driver->synchronize(), "the kernel"));
}

Outcome Job::poison() {
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (info->tensors[i].isOutput) {
      Status status = driver->check(
          driver->fill(tensors[i].buffer, 0xff, tensors[i].bytes, nullptr),
          "cuMemsetD8Async");
      if (!status.ok()) {
        return Outcome::of(status);
      }
    }
  }
  return {};
}

Outcome Job::read(size_t tensor, std::vector<uint8_t> &bits) {
  bits.resize(tensors[tensor].bytes);
  return Outcome::of(driver->check(
      driver->copyOut(bits.data(), tensors[tensor].buffer, bits.size()),
      "cuMemcpyDtoH"));
}

Outcome Job::outputs(std::vector<std::vector<uint8_t>> &bits) {
  Outcome outcome = wait();
  for (size_t i = 0; i < tensors.size() && outcome.ok(); ++i) {
    if (info->tensors[i].isOutput) {
      bits.emplace_back();
      outcome = read(i, bits.back());
    }
  }
  return outcome;
}

Outcome Job::repeat(int64_t count) {
  std::vector<std::vector<uint8_t>> first, again;
  for (int64_t i = 0; i < count; ++i) {
    again.clear();
    for (Outcome outcome :
         {poison(), launch(!device.isLoaded()), outputs(i ? again : first)}) {
      if (!outcome.ok()) {
        return outcome;
      }
    }
    if (i && again != first) {
      return {kExitWrong, "launch " + std::to_string(i + 1) + " of " +
                              std::to_string(count) + " gave other bits"};
    }
  }
  return {};
}

Outcome Job::compareLaunches() {
  std::vector<std::vector<uint8_t>> bits[2];
  for (bool viaFunction : {false, true}) {
    for (Outcome outcome :
         {poison(), launch(viaFunction), outputs(bits[viaFunction])}) {
      if (!outcome.ok()) {
        return outcome;
      }
    }
  }
  return bits[0] == bits[1]
             ? Outcome()
             : Outcome{kExitWrong, "the launch from the manifest and " +
                                       info->name + "_launch give other bits"};
}

} // namespace spak_rt
