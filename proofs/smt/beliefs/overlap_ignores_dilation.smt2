; overlap_ignores_dilation: a kernel divisible by the stride covers every pixel alike, whatever the dilation.
;
; "Choose a kernel that the stride divides, and there is no checkerboard."  The rule is for dense filters. The taps of
; a dilated filter stand `dilation` pixels apart; if dilation and stride share a factor, they fall on some of the
; phases again and again and never on the others. With k2 s2 and dilation 2 every second pixel gets both taps, the
; others none.
; Where one meets it: the rule of [ODO16], applied to layers with dilation.
; True instead: the stride divides the kernel, and dilation and stride have no common factor.
(set-logic QF_NIA)
(set-info :belief "where the stride divides the kernel, every pixel gets as many taps, dilated or not")
(set-info :source "[ODO16]")

(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const quotient Int)
(declare-const k Int)
(declare-const l Int)

(define-fun phase ((k Int)) Int (mod (* dilation k) down))

(assert (and (>= taps 1) (>= down 1) (>= dilation 1)))
(assert (= taps (* down quotient)))             ; the stride divides the kernel
; Among `down` consecutive taps every phase must be met once: then every pixel gets `quotient` taps.
(assert (and (<= 0 k) (< k l) (< l taps) (< l (+ k down))))

; The hypotheses can be true together, and two taps meet different phases.
(push 1)
(assert (distinct (phase k) (phase l)))
(set-info :status sat)
(check-sat)
(pop 1)

; Two of them meet the same phase, so another phase is left out.
(push 1)
(assert (not (distinct (phase k) (phase l))))
(set-info :status sat)
(check-sat)
(get-value (taps down dilation))
(pop 1)
