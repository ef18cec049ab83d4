; polyphase: a dense transposed convolution splits into `down` small ones that need no division and meet no zero.
;
; Divide up*i + pad by the stride once: quotient q, remainder phase. Then the taps that reach image pixel i are every
; down-th one, beginning with `phase`, and their code pixels are neighbours, counted backwards from q:
;
;     k = phase + down*j        o = q - j        j = 0, 1, 2, ...
;
; All pixels of one phase use the same taps: each phase is a small dense convolution of the code. No product with an
; inserted zero is left, which for stride 2 on a plane saves three of four multiplications.
;
; Try it: stride 2, pad 1, taps 4, i = 4: 5 = 2*2 + 1, so q = 2 and phase = 1: tap 1 of code pixel 2, tap 3 of pixel 1.
;
; The proof: k and phase differ by a multiple of the stride; that multiple is j = q - o. Soundness (every j gives a tap)
; and completeness (every tap comes from a j) are two goals. With dilation it takes Bezout: dilated_polyphase.smt2.
(set-logic QF_NIA)
(set-info :statement "taps of pixel i are k = phase + down*j, o = q - j (dilation 1): sound and complete")
(set-info :claims "transpose fractional gradient sub-pixel rational")
(set-info :source "[SHI16]")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const up Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const o Int)
(declare-const i Int)
(declare-const k Int)
(declare-const q Int)
(declare-const phase Int)
(declare-const j Int)

(define-fun rational_tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (* up i) (- (+ (* down o) (* dilation k)) pad))))

(assert (= dilation 1))                             ; a dense filter
(assert (= (+ (* up i) pad) (+ (* down q) phase)))
(assert (<= 0 phase))
(assert (< phase down))

; The second tap of the example.
(push 1)
(assert (= up 1))
(assert (= down 2))
(assert (= pad 1))
(assert (= taps 4))
(assert (= i 4))
(assert (= q 2))
(assert (= phase 1))
(assert (rational_tap 1 4 3))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "sound: every j whose indices are in range gives a tap")
(assert (<= 0 i))
(assert (< i in))
(assert (= o (- q j)))
(assert (<= 0 o))
(assert (< o out))
(assert (= k (+ phase (* down j))))
(assert (<= 0 k))
(assert (< k taps))
(assert (not (rational_tap o i k)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "complete: every tap comes from j = q - o, and this j is not negative")
(assert (rational_tap o i k))
(assert (not (and (= k (+ phase (* down (- q o)))) (>= (- q o) 0))))
(set-info :status unsat)
(check-sat)
(pop 1)

; How many taps a phase has, so that the loop over j needs no test either.
(push 1)
(set-info :goal "tap phase + down*j is not before the first exactly for j >= 0 ...")
(assert (not (= (<= 0 (+ phase (* down j))) (<= 0 j))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "... and not behind the last exactly for j < (taps-1-phase)/down + 1")
(assert (not (= (< (+ phase (* down j)) taps)
                (< j (+ (div (- taps 1 phase) down) 1)))))
(set-info :status unsat)
(check-sat)
(pop 1)
