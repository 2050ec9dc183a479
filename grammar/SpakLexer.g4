// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: how characters become words and signs. Every text lexes: what is none
// of the rest is OTHER. Words are NAME here; which of them are keywords depends
// on the stratum, so the pass between lexer and parser (lib/Frontend/Strata.cpp)
// gives the kinds under `tokens`.
lexer grammar SpakLexer;

tokens {
  // any stratum
  SYSTEM, EXTENDS, IMPORT, FROM, DESIGN_SPACE, TUNING_SPACE, CONSTRAINT, KERNEL,
  REASON, PROSE,
  // generic blocks
  MODIFIER, KEY, KIND, BLOCK_NAME, MATCHES, RETURN, MAP_OPEN,
  // expressions
  ARG_NAME, TRUE, FALSE, IF, ELSE, AS, RANGE, LOAD, ALL, ZEROS, FILL,
  // kernels
  DIMS, STATIC, REFERENCE, IN, OUT, SCRATCH, FLAG, REQUIRE, GRID, TILES, ATMOST,
  FOR, IF_STEP, ELSE_IF, MATCH, STORE, COMBINE, WHEN, WHERE, SKIP_STEP, SCHEDULE
}

WS      : [ \t\r\n\f\u000B\u00A0\uFEFF\u3000]+ -> skip ;
COMMENT : ( '//' | '#' ) ~[\r\n]* -> skip ;
BLOCK   : '/*' .*? '*/' -> skip ;
BAD_COMMENT : '/*' ;

TEXT       : '"""' .*? '"""' ;
BAD_TEXT   : '"""' ;
STRING     : '"' ( ESCAPE | ~["\\\r\n] )* '"' | '\'' ( ESCAPE | ~['\\\r\n] )* '\'' ;
BAD_STRING : '"' ( ESCAPE | ~["\\\r\n] )* '\\'? ;
BAD_QUOTE  : '\'' ;
fragment ESCAPE : '\\' ~[\r\n] ;

INT   : DIGITS | '0' [xX] [0-9a-fA-F]+ ;
FLOAT : DIGITS? '.' DIGITS EXPONENT? | DIGITS EXPONENT ;
NAME  : START CONTINUE* ;
WORD  : DIGITS START CONTINUE* ;
fragment DIGITS   : [0-9] [0-9_]* ;
fragment EXPONENT : [eE] [+-]? [0-9]+ ;
fragment START    : [\p{XID_Start}_] ;
fragment CONTINUE : [\p{XID_Continue}] ;

LBRACE : '{' ;  RBRACE : '}' ;
LBRACK : '[' ;  RBRACK : ']' ;
LPAREN : '(' ;  RPAREN : ')' ;
COMMA : ',' ;  COLON : ':' ;  SEMI : ';' ;  DOTDOT : '..' ;  DOT : '.' ;
EQ : '==' ;  NE : '!=' ;  LE : '<=' ;  LT : '<' ;  GE : '>=' ;  GT : '>' ;
ASSIGN : '=' ;  PLUS_ASSIGN : '+=' ;  MINUS_ASSIGN : '-=' ;
STAR_ASSIGN : '*=' ;  SLASH_ASSIGN : '/=' ;
PLUS : '+' ;  MINUS : '-' ;  STAR : '*' ;  SLASH : '/' ;  PERCENT : '%' ;
AND : '&&' ;  OR : '||' ;  NOT : '!' ;  BAR : '|' ;
OTHER : . ;
