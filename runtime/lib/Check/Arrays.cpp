// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: element types, random contents, .npy files. Must not know the driver.
#include "Check/Arrays.h"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace spak_rt {

namespace {

/// Rounds to a 16-bit float with that many bits of significand and that
/// smallest normal exponent, nearest even; subnormals and overflow as IEEE.
uint16_t encode16(double value, int significand, int smallest, int largest) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const int fraction = significand - 1;
  const uint16_t infinity = uint16_t((0x7fff >> fraction) << fraction);
  if (std::isnan(value)) {
    return uint16_t(sign | infinity | 1u << (fraction - 1));
  }
  double magnitude = std::fabs(value);
  if (std::isinf(value) || magnitude == 0) {
    return uint16_t(sign | (magnitude == 0 ? 0 : infinity));
  }
  int exponent = std::max(std::ilogb(magnitude), smallest);
  double scaled = std::nearbyint(std::ldexp(magnitude, fraction - exponent));
  if (scaled == std::ldexp(1.0, significand)) {
    scaled /= 2;
    ++exponent;
  }
  if (exponent > largest) {
    return uint16_t(sign | infinity);
  }
  const int hidden = 1 << fraction;
  const int bits = int(scaled);
  const int biased = bits >= hidden ? exponent - smallest + 1 : 0;
  return uint16_t(sign | (biased << fraction) | (bits & (hidden - 1)));
}

double decode16(uint16_t bits, int significand, int smallest) {
  const int fraction = significand - 1;
  const int mantissa = bits & ((1 << fraction) - 1);
  const int biased = (bits & 0x7fff) >> fraction;
  const double sign = bits & 0x8000 ? -1.0 : 1.0;
  if (biased == 0x7fff >> fraction) {
    return mantissa ? NAN : sign * INFINITY;
  }
  const int exponent = biased ? biased - 1 + smallest : smallest;
  const int whole = biased ? mantissa | (1 << fraction) : mantissa;
  return sign * std::ldexp(double(whole), exponent - fraction);
}

uint64_t mix(uint64_t x) { // splitmix64's finaliser
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

double uniform(uint64_t &state) { // in (0, 1)
  state += 0x9e3779b97f4a7c15ull;
  return (double(mix(state) >> 11) + 0.5) * 0x1p-53;
}

template <typename Type>
void store(double value, void *bits) {
  const auto converted = static_cast<Type>(value);
  std::memcpy(bits, &converted, sizeof(Type));
}

template <typename Type>
double fetch(const void *bits) {
  Type value;
  std::memcpy(&value, bits, sizeof(Type));
  return double(value);
}

} // namespace

bool encode(const ElementType &type, double value, void *bits) {
  const std::string name = type.name;
  if (name == "bf16") {
    store<uint16_t>(encode16(value, 8, -126, 127), bits);
  } else if (name == "f16") {
    store<uint16_t>(encode16(value, 11, -14, 15), bits);
  } else if (name == "f32") {
    store<float>(value, bits);
  } else if (name == "f64") {
    store<double>(value, bits);
  } else if (name == "s32" || name == "i32") {
    store<int32_t>(value, bits);
  } else if (name == "s64" || name == "i64") {
    store<int64_t>(value, bits);
  } else if (name == "u8" || name == "bool") {
    store<uint8_t>(value, bits);
  } else {
    return false;
  }
  return true;
}

bool decode(const ElementType &type, const void *bits, double &value) {
  const std::string name = type.name;
  if (name == "bf16" || name == "f16") {
    uint16_t word = 0;
    std::memcpy(&word, bits, 2);
    value = name == "bf16" ? decode16(word, 8, -126) : decode16(word, 11, -14);
  } else if (name == "f32") {
    value = fetch<float>(bits);
  } else if (name == "f64") {
    value = fetch<double>(bits);
  } else if (name == "s32" || name == "i32") {
    value = fetch<int32_t>(bits);
  } else if (name == "s64" || name == "i64") {
    value = fetch<int64_t>(bits);
  } else if (name == "u8" || name == "bool") {
    value = fetch<uint8_t>(bits);
  } else {
    return false;
  }
  return true;
}

Status generate(const std::string &distribution, uint64_t seed, int64_t width,
                std::vector<double> &values) {
  uint64_t state = mix(seed + 1);
  const size_t row = size_t(std::max<int64_t>(1, width));
  if (distribution == "normal" || distribution == "outliers") {
    for (size_t i = 0; i < values.size(); i += 2) {
      const double radius = std::sqrt(-2 * std::log(uniform(state)));
      const double angle = 2 * 3.14159265358979323846 * uniform(state);
      values[i] = radius * std::cos(angle);
      if (i + 1 < values.size()) {
        values[i + 1] = radius * std::sin(angle);
      }
    }
    for (size_t i = 0; distribution == "outliers" && i < values.size();
         i += 500) {
      values[i + size_t(uniform(state) *
                        double(std::min<size_t>(500, values.size() - i)))] *=
          20;
    }
  } else if (distribution == "integers") {
    for (double &value : values) {
      value = std::floor(uniform(state) * 7) - 3;
    }
  } else if (distribution == "onehot") {
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = 0;
    }
    for (size_t i = 0; i + row <= values.size(); i += row) {
      values[i + size_t(uniform(state) * double(row))] = 1;
    }
  } else {
    return Status::error(SPAK_RT_BAD_MANIFEST,
                         "unknown distribution `" + distribution +
                             "`: expected normal, outliers, onehot or "
                             "integers");
  }
  return Status();
}

Status writeNpy(const std::string &path, const std::vector<int64_t> &shape,
                const std::vector<double> &values) {
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (";
  for (int64_t size : shape) {
    header += std::to_string(size) + ",";
  }
  header += "), }";
  header.append(63 - (header.size() + 10) % 64, ' ');
  header += '\n';
  std::FILE *file = std::fopen(path.c_str(), "wb");
  const uint8_t start[] = {0x93,
                           'N',
                           'U',
                           'M',
                           'P',
                           'Y',
                           1,
                           0,
                           uint8_t(header.size() & 0xff),
                           uint8_t(header.size() >> 8)};
  bool ok = file && std::fwrite(start, sizeof(start), 1, file) == 1 &&
            std::fwrite(header.data(), header.size(), 1, file) == 1 &&
            std::fwrite(values.data(), sizeof(double), values.size(), file) ==
                values.size();
  ok = file && std::fclose(file) == 0 && ok;
  return ok ? Status()
            : Status::error(SPAK_RT_BAD_MANIFEST,
                            "`" + path + "` cannot be written");
}

Status readNpy(const std::string &path, std::vector<int64_t> &shape,
               std::vector<double> &values) {
  std::string text;
  Status status = readFile(path, text);
  if (!status.ok()) {
    return status;
  }
  const auto refuse = [&](const char *why) {
    return Status::error(SPAK_RT_BAD_MANIFEST, "`" + path + "`: " + why);
  };
  if (text.size() < 10 || text.compare(0, 6, "\x93NUMPY") != 0) {
    return refuse("not an .npy file");
  }
  const bool isLong = text[6] >= 2; // version 2 has a longer length field
  const auto byte = [&](size_t i) { return size_t(uint8_t(text[i])); };
  const size_t begin = isLong ? 12 : 10;
  const size_t end = begin + byte(8) + (byte(9) << 8);
  const std::string header = text.substr(begin, end - begin);
  if (header.find("'<f8'") == std::string::npos ||
      header.find("'fortran_order': False") == std::string::npos) {
    return refuse("expected float64 in C order");
  }
  shape.clear();
  size_t count = 1;
  const size_t open = header.find('(', header.find("'shape'"));
  for (size_t i = open; i < header.size() && header[i] != ')'; ++i) {
    if (std::isdigit((unsigned char)header[i])) {
      size_t used = 0;
      shape.push_back(int64_t(std::strtoll(&header[i], nullptr, 10)));
      count *= size_t(shape.back());
      while (std::isdigit((unsigned char)header[i + used])) {
        ++used;
      }
      i += used - 1;
    }
  }
  if (end > text.size() || text.size() - end != count * sizeof(double)) {
    return refuse("its size does not fit its shape");
  }
  values.resize(count);
  std::memcpy(values.data(), text.data() + end, count * sizeof(double));
  return Status();
}

} // namespace spak_rt
