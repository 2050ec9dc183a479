// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the tree as indented text (`--emit=ast`).
#include "spak/AST/Dump.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::ast {

namespace {

class Dumper {
public:
  Dumper(llvm::raw_ostream &os, bool locations)
      : os(os), locations(locations) {}

  void file(const File &file) {
    for (const FrontMatterEntry &entry : file.frontMatter) {
      std::string text = "front-matter " + entry.key.text + ":";
      for (const Identifier &value : entry.values) {
        text += " `" + value.text + "`";
      }
      line(text + (entry.isList ? " (list)" : ""), entry.range);
    }
    system(file.system);
  }

  void statements(const StmtList &list) {
    for (const StmtPtr &stmt : list) {
      statement(*stmt);
    }
  }

private:
  void line(const llvm::Twine &text, SourceRange range) {
    os.indent(2 * depth) << text;
    if (locations && range.isValid()) {
      LineColumn place = range.file->lineColumn(range.begin);
      os << " <" << place.line << ':' << place.column << '>';
    }
    os << '\n';
  }

  template <typename Body>
  void nested(Body body) {
    ++depth;
    body();
    --depth;
  }

  static std::string text(const ExprPtr &expr) {
    return expr ? toString(*expr) : "<none>";
  }

  static std::string quotedName(const Identifier &name, bool quoted) {
    return quoted ? "\"" + name.text + "\"" : name.text;
  }

  void system(const System &system) {
    std::string head = "system " + system.name.text;
    if (!system.extends.empty()) {
      head += " extends \"" + system.extends + "\"";
    }
    line(head, system.range);
    nested([&] {
      for (const Import &import : system.imports) {
        line("import " + import.what.text + " from \"" + import.path + "\"",
             import.range);
      }
      items(system.items);
    });
  }

  void items(const std::vector<ItemPtr> &items) {
    for (const ItemPtr &item : items) {
      llvm::TypeSwitch<const Item *>(item.get())
          .Case<Property>([&](const auto *i) { property(*i); })
          .Case<Block>([&](const auto *i) { block(*i); })
          .Case<Prose>(
              [&](const auto *i) { line("prose `" + i->text + "`", i->range); })
          .Case<ConstraintItem>(
              [&](const auto *i) { constraint(i->constraint); })
          .Case<Space>([&](const auto *i) { space(*i); })
          .Case<KernelItem>([&](const auto *i) { kernel(i->kernel); });
    }
  }

  /// The blocks of maps inside \p expr, which its text leaves out.
  void maps(const ExprPtr &expr) {
    if (!expr) {
      return;
    }
    for (const MapExpr *map : mapsIn(*expr)) {
      nested([&] {
        line("map", map->range);
        nested([&] { items(map->block->items); });
      });
    }
  }

  void property(const Property &property) {
    std::string head = "property ";
    if (!property.modifier.empty()) {
      head += property.modifier.text + " ";
    }
    head += property.key.text;
    if (property.value) {
      bool prose = llvm::isa<ProseExpr>(*property.value);
      head += prose ? ": prose `" : ": ";
      head += text(property.value) + (prose ? "`" : "");
    }
    if (property.initial) {
      head += " = " + text(property.initial);
    }
    line(head, property.range);
    maps(property.value);
    maps(property.initial);
  }

  void block(const Block &block) {
    std::string head = "block " + (block.keyword.empty() ? "(no keyword)"
                                                         : block.keyword.text);
    if (!block.name.empty() || block.quotedName) {
      head += " " + quotedName(block.name, block.quotedName);
    }
    for (size_t i = 0; i < block.params.size(); ++i) {
      const BlockParam &param = block.params[i];
      head += (i ? ", " : " (") + param.name.text;
      head += param.type ? ": " + text(param.type) : "";
      head += i + 1 == block.params.size() ? ")" : "";
    }
    head += block.matches ? " matches" : "";
    head += block.hasBody ? "" : " (no body)";
    line(head, block.range);
    nested([&] { items(block.items); });
  }

  void constraint(const Constraint &constraint) {
    std::string head = "constraint ";
    if (!constraint.reason.empty()) {
      head += "\"" + constraint.reason + "\": ";
    }
    line(head + text(constraint.condition), constraint.range);
  }

  void space(const Space &space) {
    line(space.keyword.text + (space.name.empty() ? "" : " " + space.name.text),
         space.range);
    nested([&] {
      axes(space.axes);
      for (const Constraint &c : space.constraints) {
        constraint(c);
      }
    });
  }

  void axes(const std::vector<Axis> &axes) {
    for (const Axis &axis : axes) {
      std::string head = "axis " + axis.name.text;
      switch (axis.form) {
      case Axis::Form::Empty:
        break;
      case Axis::Form::Nested:
        head += " {}";
        break;
      case Axis::Form::List:
        head += ": [";
        for (size_t i = 0; i < axis.values.size(); ++i) {
          head += (i ? ", " : "") + text(axis.values[i]);
        }
        head += "]";
        break;
      case Axis::Form::Range:
      case Axis::Form::Single:
        head += ": " + text(axis.values.front());
        break;
      }
      line(head, axis.range);
      nested([&] { this->axes(axis.nested); });
    }
  }

  void kernel(const Kernel &kernel) {
    line("kernel " + kernel.name.text +
             (kernel.procedure ? " (procedure)" : ""),
         kernel.range);
    nested([&] {
      for (const Dim &dim : kernel.dims) {
        line("dim " + dim.name.text +
                 (dim.alias.empty() ? "" : " as " + dim.alias.text) +
                 (dim.bound ? " <= " + text(dim.bound) : ""),
             dim.range);
      }
      for (const StaticDim &dim : kernel.statics) {
        line("static " + dim.name.text + ": " + text(dim.values), dim.range);
      }
      if (!kernel.reference.empty()) {
        line("reference \"" + kernel.reference + "\"", kernel.referenceRange);
      }
      for (const Param &p : kernel.params) {
        param(p);
      }
      for (const Require &require : kernel.requirements) {
        line("require " +
                 (require.message.empty() ? ""
                                          : "\"" + require.message + "\": ") +
                 text(require.condition),
             require.range);
      }
      for (const Constraint &c : kernel.constraints) {
        constraint(c);
      }
      if (kernel.grid) {
        line("grid", kernel.grid->range);
        nested([&] {
          for (const Binder &b : kernel.grid->binders) {
            line(binder(b), b.range);
          }
          statements(kernel.grid->body);
        });
      }
      if (kernel.scheduleRange.isValid()) {
        schedule(kernel);
      }
    });
  }

  void schedule(const Kernel &kernel) {
    line("schedule", kernel.scheduleRange);
    nested([&] {
      for (const ScheduleEntry &entry : kernel.schedule) {
        std::string head = entry.key.text;
        for (size_t i = 0; i < entry.arguments.size(); ++i) {
          head += (i ? ", " : "(") + text(entry.arguments[i]);
          head += i + 1 == entry.arguments.size() ? ")" : "";
        }
        line(head + " = " + text(entry.value), entry.range);
      }
    });
  }

  void param(const Param &param) {
    static constexpr llvm::StringLiteral kKinds[] = {"in", "out", "scratch"};
    std::string head = kKinds[static_cast<unsigned>(param.kind)].str() + " " +
                       param.name.text + ": " + param.dtype.text;
    if (param.isTensor) {
      head += "[";
      for (size_t i = 0; i < param.extents.size(); ++i) {
        const Extent &extent = param.extents[i];
        head += (i ? ", " : "") + text(extent.size);
        head += extent.alias.empty() ? "" : " as " + extent.alias.text;
      }
      head += "]";
    }
    head += param.strided ? " strided" : "";
    head += param.zeroed ? " zeroed" : "";
    head += param.defaultValue ? " = " + text(param.defaultValue) : "";
    head += param.when ? " when " + text(param.when) : "";
    line(head, param.range);
  }

  static std::string binder(const Binder &binder) {
    std::string head = "binder " + binder.name.text + " in ";
    if (binder.kind == Binder::Kind::Tiles) {
      head += "tiles(" + (binder.lower ? text(binder.lower) + ", " : "") +
              text(binder.upper) + ", " + text(binder.step) + ")";
    } else {
      head += (binder.lower ? text(binder.lower) + " .. " : "") +
              text(binder.upper);
    }
    return head + (binder.atMost ? " atmost " + text(binder.atMost) : "");
  }

  void statement(const Stmt &stmt) {
    llvm::TypeSwitch<const Stmt *>(&stmt)
        .Case<AssignStmt>([&](const auto *s) {
          line("assign " + s->target.text + " " +
                   (s->op ? spelling(*s->op) : "") + "= " + text(s->value),
               s->range);
        })
        .Case<ForStmt>([&](const auto *s) {
          line("for", s->range);
          nested([&] {
            line(binder(s->binder), s->binder.range);
            statements(s->body);
          });
        })
        .Case<IfStmt>([&](const auto *s) {
          line("if " + text(s->condition), s->range);
          nested([&] { statements(s->then); });
          if (!s->otherwise.empty()) {
            line("else", SourceRange());
            nested([&] { statements(s->otherwise); });
          }
        })
        .Case<MatchStmt>([&](const auto *s) { match(*s); })
        .Case<CallStmt>([&](const auto *s) {
          line("call " + toString(*s->call), s->range);
        })
        .Case<StoreStmt>([&](const auto *s) { store(*s); })
        .Case<SkipStmt>([&](const auto *s) {
          line("skip when " + text(s->condition), s->range);
        });
  }

  void match(const MatchStmt &stmt) {
    line("match " + text(stmt.subject), stmt.range);
    nested([&] {
      for (const MatchArm &arm : stmt.arms) {
        std::string head = arm.patterns.empty() ? "else" : "arm ";
        for (size_t i = 0; i < arm.patterns.size(); ++i) {
          head += (i ? ", " : "") + text(arm.patterns[i]);
        }
        line(head, arm.range);
        nested([&] { statements(arm.body); });
      }
    });
  }

  void store(const StoreStmt &stmt) {
    std::string head = "store ";
    head += stmt.combine.empty() ? "" : stmt.combine.text + " ";
    head += stmt.tensor.text + "[";
    for (size_t i = 0; i < stmt.indices.size(); ++i) {
      head += (i ? ", " : "") + text(stmt.indices[i]);
    }
    head += "] = " + text(stmt.value);
    head += stmt.when ? " when " + text(stmt.when) : "";
    head += stmt.where ? " where " + text(stmt.where) : "";
    line(head, stmt.range);
  }

  llvm::raw_ostream &os;
  bool locations;
  unsigned depth = 0;
};

} // namespace

std::string toString(const StmtList &statements) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  Dumper(stream, /*locations=*/false).statements(statements);
  return text;
}

void dump(const File &file, llvm::raw_ostream &os, bool locations) {
  Dumper(os, locations).file(file);
}

} // namespace spak::ast
