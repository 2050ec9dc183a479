import knowledge from "first.dsl"
// a comment between imports
import facts from 'second.dsl'
system Extends_Imports extends "base.dsl" {
    import knowledge from "third.dsl"
    tuning_space { tile: [64] }
}
