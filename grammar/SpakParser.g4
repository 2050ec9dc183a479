// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the shape of a file, in two strata. The generic block language takes
// any section; spaces, constraints, expressions and kernels are strict. Every
// choice is decided by one token: the pass before the parser has told keywords
// from names and headers from values, and has dropped commas before a closer, so
// prediction needs no look-ahead.
parser grammar SpakParser;

options { tokenVocab = SpakLexer; }

file       : importDecl* system EOF ;
// Entry points for text that stands alone, as in a string.
loneExpr   : expr EOF ;

system     : SYSTEM NAME ( EXTENDS string )? LBRACE systemItem* RBRACE ;
systemItem : importDecl | space | constraint | kernel | entry ;
importDecl : IMPORT NAME FROM string ;

// --- generic stratum -------------------------------------------------------
entry      : property | block | PROSE ;
property   : MODIFIER? KEY ( COLON value )? ( ASSIGN value )?
           | RETURN value ;
value      : expr | PROSE ;
block      : KIND BLOCK_NAME? params? MATCHES? COLON? ( LBRACE entry* RBRACE )? ;
params     : LPAREN ( param ( COMMA param )* )? RPAREN ;
param      : ARG_NAME COLON expr | NAME ;

// --- spaces ----------------------------------------------------------------
space      : ( DESIGN_SPACE | TUNING_SPACE ) NAME? LBRACE spaceItem* RBRACE ;
spaceItem  : constraint separator? | axis separator? ;
axis       : ( NAME | WORD | STRING ) ( COLON ( expr | axisMap ) | axisMap )? ;
axisMap    : LBRACE spaceItem* RBRACE ;
separator  : COMMA | SEMI ;
constraint : CONSTRAINT ( REASON COLON )? expr ;

// --- kernels ---------------------------------------------------------------
kernel     : KERNEL NAME LBRACE ( PROSE | kernelItem* ) RBRACE ;
kernelItem : dims | staticDim | reference | paramDecl | require | constraint
           | grid | schedule ;
dims       : DIMS dim ( COMMA dim )* ;
dim        : NAME ( AS NAME )? ( LE sum )? ;
staticDim  : STATIC NAME COLON expr ;
reference  : REFERENCE COLON? string ;
paramDecl  : ( IN | OUT | SCRATCH ) NAME COLON NAME
             ( LBRACK extent ( COMMA extent )* RBRACK )? FLAG*
             ( ASSIGN expr )? ( WHEN expr )? ;
extent     : expr ;
require    : REQUIRE ( REASON COLON )? expr ;
grid       : GRID LPAREN gridBinders RPAREN body ;
gridBinders : binder ( COMMA binder )* ;
binder     : NAME IN domain ( ATMOST expr )? ;
domain     : TILES LPAREN expr COMMA expr ( COMMA expr )? RPAREN
           | expr ( DOTDOT expr )? ;

body       : LBRACE statement* RBRACE ;
statement  : simple | forStep | ifStep | matchStep | storeStep | skipStep ;
simple     : NAME ( assignOp expr | ( member | call )+ ) ;
assignOp   : ASSIGN | PLUS_ASSIGN | MINUS_ASSIGN | STAR_ASSIGN | SLASH_ASSIGN ;
forStep    : FOR forHead body ;
forHead    : binder ;
ifStep     : IF_STEP ifHead body ( ELSE_IF ifHead body )* ( ELSE body )? ;
ifHead     : expr ;
matchStep  : MATCH ifHead LBRACE arm* RBRACE ;
arm        : ( ELSE | expr ( COMMA expr )* ) COLON? body ;
storeStep  : STORE COMBINE? NAME LBRACK indices RBRACK ASSIGN expr
             ( ( WHEN | WHERE ) expr )* ;
skipStep   : SKIP_STEP WHEN expr ;

schedule   : SCHEDULE LBRACE scheduleItem* RBRACE ;
scheduleItem : NAME ( LPAREN expr ( COMMA expr )* RPAREN )?
               ASSIGN expr separator? ;

// --- expressions, loosest first --------------------------------------------
expr       : disjunction ( IF disjunction ELSE expr )? ;
disjunction : conjunction ( OR conjunction )* ;
conjunction : negation ( AND negation )* ;
negation   : NOT negation | comparison ;
comparison : alternatives ( compareOp alternatives )* ;
compareOp  : EQ | NE | LT | LE | GT | GE ;
alternatives : sum ( BAR sum )* ;
sum        : product ( ( PLUS | MINUS ) product )* ;
product    : unary ( ( STAR | SLASH | PERCENT ) unary )* ;
unary      : ( PLUS | MINUS ) unary | conversion ;
conversion : postfix ( AS NAME )* ;
postfix    : atom trailer* ;
trailer    : member | call | LBRACK indices RBRACK ;
member     : DOT NAME ;
call       : LPAREN ( argument ( COMMA argument )* )? RPAREN ;
argument   : ( ARG_NAME COLON )? expr ;
indices    : index ( COMMA index )* ;
index      : COLON | expr ;
atom       : INT | FLOAT | TRUE | FALSE | NAME
           | string
           | LPAREN expr RPAREN
           | LBRACK ( expr ( COMMA expr )* )? RBRACK
           | LOAD NAME LBRACK indices RBRACK
           | ALL LPAREN expr RPAREN
           | ZEROS fillType
           | FILL LPAREN expr RPAREN fillType
           | RANGE LBRACK expr COMMA expr ( COMMA expr )? RBRACK
           | MAP_OPEN entry* RBRACE ;
fillType   : NAME LBRACK expr ( COMMA expr )* RBRACK ;
string     : STRING | TEXT ;
