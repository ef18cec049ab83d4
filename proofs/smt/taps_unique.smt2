; taps_unique: two of the three indices of a tap determine the third.
;
; The taps are triples (o, i, k), and an implementation is a way of listing them: gather goes through (i, k) and
; computes o, scatter goes through (i, o) and computes k, conv goes through (o, k) and computes i. Each list contains
; every triple at most once, because the missing index is unique. So all of them sum the same products, and the entry of
; the matrix W in row o and column i is a single weight w[k], never a sum of two.
;
; Where it would fail: dilation 0 puts all taps on one pixel (k is not unique); stride 0 reads one window over and over.
;
; The proof: subtract the two equations; a product that is 0 has a factor that is 0.
(set-logic QF_NIA)
(set-info :statement "each triple (o, i, k) is listed once, whichever two of its indices one loops over")
(set-info :claims "matrix transpose gradient adjoint weight-gradient")

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
(declare-const o_2 Int)
(declare-const i_2 Int)
(declare-const k_2 Int)

(define-fun rational_tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (* up i) (- (+ (* down o) (* dilation k)) pad))))

(assert (>= down 1))            ; each is needed for one of the three goals:
(assert (>= up 1))              ; the factor that is not 0
(assert (>= dilation 1))
(assert (rational_tap o i k))
(assert (rational_tap o_2 i_2 k_2))

; Two taps that share one index and differ in both others.
(push 1)
(assert (= i i_2))
(assert (distinct o o_2))
(assert (distinct k k_2))
(assert (> up 1))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "o and i determine k")
(assert (= o o_2))
(assert (= i i_2))
(assert (not (= k k_2)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "i and k determine o")
(assert (= i i_2))
(assert (= k k_2))
(assert (not (= o o_2)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "o and k determine i")
(assert (= o o_2))
(assert (= k k_2))
(assert (not (= i i_2)))
(set-info :status unsat)
(check-sat)
(pop 1)
