; disjoint_columns: if the stride is at least the extent, no image pixel is seen twice.
;
; A stride that is as long as the window (or longer) cuts the image into pieces: every pixel belongs to one window at
; most, by one tap. Then (with one channel) each column of W has at most one entry, W W^T is diagonal, and a transposed
; convolution writes every pixel at most once: no overlap and no blending between neighbours. A flat code then shows the
; filter itself, again and again, with zeros between where the stride is longer: a checkerboard, unless all taps are
; equal and as many as the stride. The patch embedding of a vision transformer is the case stride = extent. It is also the case in which W^T
; comes closest to an inverse: scaled per code pixel, it is the pseudo-inverse. Once windows overlap, that is gone.
;
; Try it: taps = 2, stride 2, pad 0: pixel 3 = 2*1 + 1 is seen by code pixel 1 with k = 1 and by nobody else. With taps
; = 3, pixel 2 is seen twice: 2*1 + 0 and 2*0 + 2.
;
; The proof: two taps on one pixel give down*(o - o') = dilation*(k' - k), and the right side is less than down.
(set-logic QF_NIA)
(set-info :statement "extent <= stride: no image pixel has two taps, the columns of W do not overlap")
(set-info :claims "overlap")

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
(declare-const k_2 Int)

(define-fun rational_tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (* up i) (- (+ (* down o) (* dilation k)) pad))))

(assert (>= dilation 1))
(assert (<= (+ (* dilation (- taps 1)) 1) down))    ; the extent; taps >= 1 follows from there being a tap
(assert (rational_tap o i k))
(assert (rational_tap o_2 i k_2))

; A stride longer than a dilated filter.
(push 1)
(assert (> dilation 1))
(assert (> taps 1))
(assert (> k 0))
(assert (> o 0))
(set-info :status sat)
(check-sat)
(pop 1)

; The products in the two goals have no negative factor (signs, products.smt2).
(push 1)
(set-info :goal "the second tap is not in a later window")
(assert (=> (< o o_2) (>= (* down (- (- o_2 o) 1)) 0)))
(assert (>= (* dilation k_2) 0))
(assert (>= (* dilation (- (- taps 1) k)) 0))
(assert (not (>= o o_2)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "nor in an earlier one")
(assert (=> (> o o_2) (>= (* down (- (- o o_2) 1)) 0)))
(assert (>= (* dilation k) 0))
(assert (>= (* dilation (- (- taps 1) k_2)) 0))
(assert (not (<= o o_2)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "so they are in the same window, and there they are the same tap")
(assert (= o o_2))              ; the two goals before
(assert (not (= k k_2)))
(set-info :status unsat)
(check-sat)
(pop 1)
