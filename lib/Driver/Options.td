// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: every flag of spakc, its category and its help text. `spakc --help`,
// `spakc --help=markdown` (which is docs/CLI.md) and the parser come from here.
include "llvm/Option/OptParser.td"

class Flag_<string name, string help, OptionGroup group>
    : Flag<["--"], name>, HelpText<help>, Group<group>;
class Eq_<string name, string var, string help, OptionGroup group>
    : Joined<["--"], name # "=">, MetaVarName<var>, HelpText<help>, Group<group>;

def grp_general : OptionGroup<"general">, HelpText<"General">;
def grp_output : OptionGroup<"output">, HelpText<"Output">;
def grp_target : OptionGroup<"target">, HelpText<"Target and tuning">;
def grp_space : OptionGroup<"space">, HelpText<"Spaces">;
def grp_simulate : OptionGroup<"simulate">, HelpText<"Simulation">;
def grp_diag : OptionGroup<"diag">, HelpText<"Diagnostics">;
def grp_debug : OptionGroup<"debug">, HelpText<"Phases and timing">;

def help : Flag_<"help", "print this text", grp_general>;
def help_eq : Eq_<"help", "<text|markdown>",
    "print this text, plain or as the markdown of docs/CLI.md", grp_general>;
def version : Flag_<"version",
    "print the versions of spakc and of what it is built on", grp_general>;
def list_archs : Flag_<"list-archs", "print the known targets and stop",
                       grp_general>;

def o : JoinedOrSeparate<["-"], "o">, MetaVarName<"<path>">, Group<grp_output>,
    HelpText<"output file, `-` for standard output; a folder when -D gives an axis several values">;
def emit_eq : Eq_<"emit", "<kind>",
    "what to write: ast, system, spak, spak-scheduled, spak-cuda, cuda, ptx, cubin or guide (default cuda)",
    grp_output>;
def explain : Flag_<"explain",
    "print what was made of each invariant, fact, rule and hint, and why; with --json as JSON", grp_output>;
def format : Flag_<"format",
    "write the input in canonical layout, with every comment; `-o` may name the input itself",
    grp_output>;
def format_check : Flag_<"format-check",
    "say whether the input is in canonical layout, and write nothing", grp_output>;
def build : Flag_<"build",
    "make the artifacts of the build section in the folder that -o names", grp_output>;
def traces_eq : CommaJoined<["--"], "traces=">, MetaVarName<"<file>[,<file>...]">, Group<grp_output>,
    HelpText<"traces that say which facts with parameters hold, and that the reports of --build judge by">;
def device_headers : Flag_<"device-headers",
    "include the device headers instead of copying in what is used", grp_output>;
def MD : Flag<["-"], "MD">, Group<grp_output>,
    HelpText<"write a depfile beside the output">;
def MF : JoinedOrSeparate<["-"], "MF">, MetaVarName<"<file>">, Group<grp_output>,
    HelpText<"name of the depfile (with -MD)">;
def MT : JoinedOrSeparate<["-"], "MT">, MetaVarName<"<target>">, Group<grp_output>,
    HelpText<"target named in the depfile (default: the output)">;

def D : JoinedOrSeparate<["-"], "D">, MetaVarName<"<axis>=<value>[,<value>...]">,
    Group<grp_target>,
    HelpText<"fix an axis of the design or tuning space; several values give one .cu per valid point">;
def arch_eq : Eq_<"arch", "<sm>", "target architecture (default sm_90a)",
                  grp_target>;
def device_eq : Eq_<"device", "<name>",
    "device name that facts and rules are matched against", grp_target>;
def device_rates_eq : Eq_<"device-rates", "<file>",
    "what the card was measured to do, as tools/scripts/measure_rates.py writes it, in place of its data sheet", grp_target>;
def toolkit_eq : Eq_<"toolkit", "<version>",
    "CUDA version that facts are compared with, e.g. 13.0 (default: any)", grp_target>;
def nvcc_eq : Eq_<"nvcc", "<path>",
    "the nvcc for --emit=ptx and --emit=cubin (default: the one on PATH)", grp_target>;
def toolchain_eq : Eq_<"toolchain", "<nvcc|nvrtc>",
    "what compiles for --emit=ptx and --emit=cubin (default nvcc)", grp_target>;

def count_points : Flag_<"count-points",
    "count the points of the space and what each constraint cuts, as JSON; compiles nothing",
    grp_space>;
def list_points : Flag_<"list-points",
    "write the valid points as JSON; compiles nothing", grp_space>;
def list_points_eq : Eq_<"list-points", "<first>:<n>",
    "the same for <n> points from number <first> on", grp_space>;
def sample_points_eq : Eq_<"sample-points", "<n>",
    "write <n> different valid points drawn with --seed, all equally likely, as JSON; compiles nothing",
    grp_space>;
def neighbours_eq : Eq_<"neighbours", "<number>",
    "write the valid points that differ in one axis from point <number> of --list-points, as JSON; compiles nothing",
    grp_space>;
def all_points : Flag_<"all-points",
    "compile and judge every valid point: a .cu for each that passes the gates, manifest.json and ledger.json, into the folder of -o",
    grp_space>;
def gates_eq : Eq_<"gates", "<static|ptxas>",
    "gates of --all-points: from the IR alone, or with registers and spills of ptxas as well (default static)",
    grp_space>;
def prune_opinions : Flag_<"prune-opinions",
    "with --all-points, reject also what a gate only advises against",
    grp_space>;
def limit_eq : Eq_<"limit", "<n>",
    "with --all-points, visit at most <n> points, drawn with --seed if there are more (default 20000)",
    grp_space>;
def jobs_eq : Eq_<"jobs", "<n>",
    "with --all-points, compile <n> points at a time (default: one a core)",
    grp_space>;
def device_limit_eq : Eq_<"device-limit", "<field>=<n>,...",
    "ask as if the device had other limits (fields of `device` in docs/Language.md)",
    grp_space>;

def shape_eq : Eq_<"shape", "<dim>=<n>[:<n>...],...",
    "sizes of the dims, for the choice of the point and for --simulate; several values of a dim give every combination",
    grp_simulate>;
def simulate : Flag_<"simulate",
    "run the kernel on the CPU and compare it with its reference and with the un-tiled meaning",
    grp_simulate>;
def simulate_eq : Eq_<"simulate", "<reference|exact>",
    "compare with only one of the two", grp_simulate>;
def simulate_at_eq : Eq_<"simulate-at", "<phase>[,<phase>...]",
    "phases whose IR is run (default: spak, opened, decided, scheduled)",
    grp_simulate>;
def inputs_eq : Eq_<"inputs", "<normal|outliers|onehot|integers|constant>",
    "distribution of the inputs (default normal)", grp_simulate>;
def values_eq : Eq_<"values", "<name>=[sorted:]<low>:<high>,...",
    "whole numbers for a tensor or a scalar of --simulate, each bound a number or a dim; sorted: they never fall along the last axis, and begin and end with the bounds", grp_simulate>;
def seed_eq : Eq_<"seed", "<n>", "seed of the inputs, or of --sample-points (default 1)", grp_simulate>;
def kernel_eq : Eq_<"kernel", "<name>",
    "kernel to simulate (default: every kernel of the system)", grp_simulate>;
def json : Flag_<"json", "print simulation results as JSON lines, --explain as one JSON object", grp_simulate>;

def W_no : Joined<["-"], "Wno-">, MetaVarName<"<name>">, Group<grp_diag>,
    HelpText<"switch a warning off">;
def W_error_eq : Joined<["-"], "Werror=">, MetaVarName<"<name>">, Group<grp_diag>,
    HelpText<"make a warning an error">;
def W_error : Flag<["-"], "Werror">, Group<grp_diag>,
    HelpText<"make every warning an error">;
def diagnostics_format_eq : Eq_<"diagnostics-format", "<text|json>",
    "how diagnostics are printed on standard error", grp_diag>;
def error_limit_eq : Eq_<"error-limit", "<n>",
    "stop after this many errors, 0 for no limit (default 20)", grp_diag>;
def remarks : Flag_<"remarks",
    "print the remark of every scheduling decision, with the request, fact or limit it used",
    grp_diag>;

def compile_to_eq : Eq_<"compile-to", "<phase>",
    "stop after a phase and print the IR: spak, opened, decided, scheduled, cuda, prepared",
    grp_debug>;
def compile_from_eq : Eq_<"compile-from", "<phase>",
    "the input is IR as --compile-to=<phase> printed it; go on from there",
    grp_debug>;
def time_passes : Flag_<"time-passes",
    "print the time that each phase and each pass took", grp_debug>;
def verify_each : Flag_<"verify-each", "verify the IR after each pass",
                        grp_debug>;
