system Triple_Quotes {
    agent_loop Ask {
        step "Prompt" {
            llm.query {
                prompt: """
You are an expert.
    Keep { these } braces, "quotes" and // no comment.
Answer for {{device}}.
"""
                output_var: "answer"
            }
            tool.write { path: "a.py" content: """def f():
    return "x"  # {{answer}}
""" mode: "write" }
        }
    }
    one_line: """on one line"""
}
