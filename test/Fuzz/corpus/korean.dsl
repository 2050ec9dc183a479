# 한국어 주석: 유니코드 이름과 문자열
system 어텐션_시스템 {
    design_space { 방식: ["온라인", "단순"] 인과: [true, false] }
    knowledge {
        rule "타일 크기 → 64" { when: "길이 <= 512" recommend: "tile_m = 64" confidence: 0.9 }
        fact 메모 { description: "이모지도 됩니다 🚀 – ‘따옴표’" }
    }
    objective 속도 { target: 최대화 }
}
