// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The device headers as they were when the compiler was built, cut into named
// blocks. A text uses blocks by name and gets them, and what they need, in the
// headers' order.
#ifndef SPAK_LIB_TARGET_CUDACPP_EMBEDDEDHEADERS_H
#define SPAK_LIB_TARGET_CUDACPP_EMBEDDEDHEADERS_H

#include "llvm/ADT/StringSet.h"

#include <string>
#include <vector>

namespace spak::cuda {

class EmbeddedHeaders {
public:
  EmbeddedHeaders();

  /// Marks a block and all it needs. An unknown name is a bug of the printer.
  void use(llvm::StringRef block);

  /// The used blocks of the headers in folder \p folder ("device", "host").
  std::string copied(llvm::StringRef folder) const;
  /// `#include` lines of the headers in \p folder that hold a used block.
  std::string includes(llvm::StringRef folder) const;

private:
  struct Block {
    llvm::StringRef path;
    llvm::StringRef name;
    std::string needs;
    std::string text;
    bool inNamespace = false; ///< text stands inside `namespace spak`
    bool used = false;
  };

  void parse(llvm::StringRef path, llvm::StringRef text);

  std::vector<Block> blocks;
};

} // namespace spak::cuda

#endif // SPAK_LIB_TARGET_CUDACPP_EMBEDDEDHEADERS_H
