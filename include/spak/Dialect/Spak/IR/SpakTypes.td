// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the types of values on which a kernel computes.
#ifndef SPAK_TYPES
#define SPAK_TYPES

include "spak/Dialect/Spak/IR/SpakAttrs.td"

def Spak_TileType
    : Spak_Type<"Tile", "tile", [ShapedTypeInterface, ValueSemantics]> {
  let summary = "a block of elements with named axes, as a value";
  let description = [{
    Each axis has a name and a static size; the order of the axes is only how
    they are written. Element-wise ops need the same axes in the same order.
    The layout, if one is decided, is part of the type.

    ```mlir
    !scores = !spak.tile<m=128, n=64 : f32>
    ```

    TILE-AXES-UNIQUE: no axis twice, none called `rep` or `partial`.
    TILE-STATIC: every size is written and positive.
    LAYOUT-COVERS: the layout holds each element, and of no other axis.
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::StringAttr">:$axes,
                        ArrayRefParameter<"int64_t">:$shape,
                        "::mlir::Type":$elementType,
                        "::mlir::Attribute":$layout);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let builders = [
    TypeBuilder<(ins "::llvm::ArrayRef<::mlir::StringAttr>":$axes,
                     "::llvm::ArrayRef<int64_t>":$shape,
                     "::mlir::Type":$elementType), [{
      return $_get($_ctxt, axes, shape, elementType, ::mlir::Attribute());
    }]>
  ];
  let extraClassDeclaration = [{
    TileType cloneWith(std::optional<::llvm::ArrayRef<int64_t>> shape,
                       ::mlir::Type elementType) const;
    bool hasRank() const { return true; }
    /// The position of \p axis; -1 if the tile does not have it.
    int64_t axisIndex(::llvm::StringRef axis) const;
    bool hasAxis(::llvm::StringRef axis) const { return axisIndex(axis) >= 0; }
    /// The size of \p axis; 0 if the tile does not have it.
    int64_t axisSize(::llvm::StringRef axis) const;
    /// The layout; null before one is decided.
    LayoutAttr getLayoutAttr() const {
      return ::llvm::dyn_cast_or_null<LayoutAttr>(getLayout());
    }
    /// True if a layout puts the tile into shared memory.
    bool isShared() const {
      return getLayoutAttr() && getLayoutAttr().isShared();
    }
    TileType withElementType(::mlir::Type elementType) const;
    TileType withLayout(::mlir::Attribute layout) const;
    /// The tile without \p axis and without layout.
    TileType withoutAxis(::llvm::StringRef axis) const;
  }];
}

def Spak_ViewType : Spak_Type<"View", "view"> {
  let summary = "a tensor argument";
  let description = [{
    Axes are dimensions by name, outermost first; `=size` where the size is
    static. All axes but the last have strides given at run time, the last is
    contiguous.

    ```mlir
    !q = !spak.view<B, Hq, M, D=128 : bf16>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::StringAttr">:$axes,
                        ArrayRefParameter<"int64_t">:$shape,
                        "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    int64_t getRank() const { return getAxes().size(); }
    /// True if the size of axis \p index is known only at run time.
    bool isDynamicDim(unsigned index) const {
      return ::mlir::ShapedType::isDynamic(getShape()[index]);
    }
  }];
}

def Spak_RangeType : Spak_Type<"Range", "range"> {
  let summary = "one tile's slice of an axis";
  let description = [{
    A range *is* an axis of tiles: two ranges over one dimension of a tensor
    are two axes.
  }];
  let parameters = (ins "::mlir::StringAttr":$axis, "int64_t":$size);
  let hasCustomAssemblyFormat = 1;
}

def Spak_SoftmaxType : Spak_Type<"Softmax", "softmax"> {
  let summary = "the closed state of an online softmax";
  let description = [{
    For each row the maximum and sum so far, and the weighted sum of values of
    `width` elements. All in f32.

    ```mlir
    !state = !spak.softmax<rows m=128, width d=64>
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$rows, "int64_t":$rowCount,
                        "::mlir::StringAttr":$width, "int64_t":$widthCount);
  let assemblyFormat = [{
    `<` `rows` custom<AxisSize>($rows, $rowCount) `,`
        `width` custom<AxisSize>($width, $widthCount) `>`
  }];
}

def Spak_RowsType : Spak_Type<"Rows", "rows"> {
  let summary = "the row state of an opened online softmax";
  let description = [{
    Two tiles of the given type: the maximum so far and the sum so far. In a
    layout with `partial` the sum is still spread over lanes.
  }];
  let parameters = (ins "::spak::ir::TileType":$tile);
  let assemblyFormat = "`<` qualified($tile) `>`";
}

def Spak_RingType : Spak_Type<"Ring", "ring"> {
  let summary = "a queue of slots in shared memory";
  let description = [{
    Each slot holds one tile of each type. Filled, waited for and released in
    order.

    ```mlir
    !ring = !spak.ring<(!k, !v), slots = 2>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::Type">:$tiles,
                        "int64_t":$slots);
  let assemblyFormat = "`<` `(` $tiles `)` `,` `slots` `=` $slots `>`";
  let genVerifyDecl = 1;
}

def Spak_SlotType : Spak_Type<"Slot", "slot"> {
  let summary = "one slot of a ring, held";
  let parameters = (ins ArrayRefParameter<"::mlir::Type">:$tiles);
  let assemblyFormat = "`<` `(` $tiles `)` `>`";
}

//===----------------------------------------------------------------------===//
// Constraints: these print their types in full, aliases included
//===----------------------------------------------------------------------===//

class Spak_Is<string name, string summary>
    : Type<CPred<"::llvm::isa<::spak::ir::" # name # ">($_self)">, summary,
           "::spak::ir::" # name>;

def Spak_Tile : Spak_Is<"TileType", "tile">;
def Spak_View : Spak_Is<"ViewType", "view">;
def Spak_Range : Spak_Is<"RangeType", "range">;
def Spak_Softmax : Spak_Is<"SoftmaxType", "softmax state">;
def Spak_Rows : Spak_Is<"RowsType", "row state">;
def Spak_Ring : Spak_Is<"RingType", "ring">;
def Spak_Slot : Spak_Is<"SlotType", "slot">;
def Spak_RangeOrIndex : Type<
    CPred<"::llvm::isa<::spak::ir::RangeType, ::mlir::IndexType>($_self)">,
    "range or index">;
def Spak_Scalar : Type<
    CPred<"$_self.isIntOrIndexOrFloat()">, "scalar">;

/// A string out of a list.
class Spak_Word<string what, list<string> words>
    : StringBasedAttr<And<[StrAttr.predicate, Or<!foreach(word, words,
          CPred<"::llvm::cast<::mlir::StringAttr>($_self).getValue() == \"" #
                word # "\"">)>]>,
          what # " (" # !interleave(words, ", ") # ")">;

#endif // SPAK_TYPES
