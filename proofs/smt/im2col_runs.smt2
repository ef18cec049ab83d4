; im2col_runs: the taps of one k are one run of code pixels, up_step apart, and of image pixels, down_step apart.
;
; im2col copies, for every tap k, a run of pixels: it searches the first code pixel o_0 (one of `up_step` neighbours)
; whose tap k falls on a pixel i_0 and not between two, and then walks: o = o_0 + up_step*m, i = i_0 + down_step*m.
; Neither `%` nor an `if` is left in the loop. The steps are the stride's numbers without their greatest common factor g:
; down = g*down_step, up = g*up_step. To prove: the search misses no run, these are all the taps of this k, and the
; bounds of m, computed beforehand,
;
;     max(0, ceil(-i_0/down_step))  <=  m  <  min(ceil((in - i_0)/down_step), (out-1-o_0)/up_step + 1)
;
; are exactly those that keep both pixels in range (run_of_tap in forms/im2col.cpp).
;
; Try it: stride 3/2 (down = 3, up = 2, g = 1), pad 1, k = 0: o_0 = 1, i_0 = (3*1 - 1)/2 = 1. Then o = 1, 3, 5, ...
; reads i = 1, 4, 7, ... With stride 2/2 (g = 2) and pad 1, tap 1 walks o = 0, 1, 2, ... and i = 0, 1, 2, ..., and tap 0
; has no run: 2*i = 2*o - 1 has no solution.
;
; The stride need not be in lowest terms, its steps are. That enters as Bezout's identity, a*down_step + b*up_step = 1:
; from down_step*(o - o_0) = up_step*(i - i_0) it follows that o - o_0 = up_step*m with m = a*(i - i_0) + b*(o - o_0).
; The first goal is also what is said of W: row o + up_step is row o moved right by down_step (forms/matrix_structure.hpp).
(set-logic QF_NIA)
(set-info :statement "the taps of one k: o = o_0 + up/g*m, i = i_0 + down/g*m, with bounds for m known beforehand")
(set-info :claims "matrix transpose weight-gradient")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const g Int)           ; what down and up have in common
(declare-const down_step Int)
(declare-const up_step Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const o Int)
(declare-const i Int)
(declare-const k Int)
(declare-const o_0 Int)         ; where the run begins
(declare-const i_0 Int)
(declare-const m Int)
(declare-const a Int)           ; Bezout's numbers
(declare-const b Int)

(define-fun down () Int (* g down_step))
(define-fun up () Int (* g up_step))
(define-fun rational_tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (* up i) (- (+ (* down o) (* dilation k)) pad))))

(define-fun steps () Int (+ (* a (- i i_0)) (* b (- o o_0))))       ; from the first pair of the run to (o, i)

(define-fun max ((a Int) (b Int)) Int (ite (> a b) a b))
(define-fun min ((a Int) (b Int)) Int (ite (< a b) a b))
(define-fun ceil_by_down ((value Int)) Int (- (div (- value) down_step)))
(define-fun image_begin () Int (ceil_by_down (- i_0)))
(define-fun image_end () Int (ceil_by_down (- in i_0)))
(define-fun code_end () Int (+ (div (- out 1 o_0) up_step) 1))
(define-fun begin_m () Int (max 0 image_begin))
(define-fun end_m () Int (min image_end code_end))

(assert (>= g 1))
(assert (>= down_step 1))
(assert (>= up_step 1))
(assert (<= 0 o_0))             ; one of up_step neighbours, and a code pixel
(assert (< o_0 up_step))
(assert (< o_0 out))
(assert (= (* up i_0) (- (+ (* down o_0) (* dilation k)) pad)))     ; i_0 may lie outside of the image

; Stride 3/2, and a run that begins before the image.
(push 1)
(assert (= g 1))
(assert (= down_step 3))
(assert (= up_step 2))
(assert (= (+ (* a down_step) (* b up_step)) 1))
(assert (< i_0 0))
(assert (rational_tap o i k))
(assert (= o (+ o_0 (* up_step m))))
(assert (= i (+ i_0 (* down_step m))))
(assert (> m begin_m))
(assert (< (+ m 1) end_m))
(set-info :status sat)
(check-sat)
(pop 1)

; Stride 2/2: every code pixel is of the run.
(push 1)
(assert (= g 2))
(assert (= down_step up_step 1))
(assert (= pad k 1))
(assert (rational_tap o i k))
(assert (rational_tap (+ o 1) (+ i 1) k))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "every pair of the run solves the equation")
(assert (= o (+ o_0 (* up_step m))))
(assert (= i (+ i_0 (* down_step m))))
(assert (not (= (* up i) (- (+ (* down o) (* dilation k)) pad))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(declare-const o_r Int)         ; any solution with code pixel o_r + up_step*n, where 0 <= o_r < up_step
(declare-const n Int)
(set-info :goal "the search misses no run: one of up_step neighbours solves it if any code pixel does")
(assert (<= 0 o_r))
(assert (< o_r up_step))
(assert (= o (+ o_r (* up_step n))))
(assert (= (* up i) (- (+ (* down o) (* dilation k)) pad)))
(assert (not (= (* up (- i (* down_step n))) (- (+ (* down o_r) (* dilation k)) pad))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "a tap of this k differs from the first by down_step*(o - o_0) = up_step*(i - i_0), times g")
(assert (rational_tap o i k))
(assert (not (= (* g (* down_step (- o o_0))) (* g (* up_step (- i i_0))))))
(set-info :status unsat)
(check-sat)
(pop 1)

; g cancelled (cancelling, products.smt2), and then Bezout's step of the same file with p = down_step, q = up_step,
; x = o - o_0 and y = i - i_0.
(push 1)
(set-info :goal "so every tap of this k is in the run")
(assert (= (+ (* a down_step) (* b up_step)) 1))
(assert (= (* down_step (- o o_0)) (* up_step (- i i_0))))        ; the goal before
(assert (=> (and (= (+ (* a down_step) (* b up_step)) 1) (= (* down_step (- o o_0)) (* up_step (- i i_0))))
            (and (= (- o o_0) (* up_step steps)) (= (- i i_0) (* down_step steps)))))
(assert (not (and (= o (+ o_0 (* up_step steps))) (= i (+ i_0 (* down_step steps))))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "the bounds of m keep exactly the image pixels in range ...")
(assert (not (= (and (<= image_begin m) (< m image_end))
                (and (<= 0 (+ i_0 (* down_step m))) (< (+ i_0 (* down_step m)) in)))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "... and exactly the code pixels")
(assert (not (= (and (<= 0 m) (< m code_end))
                (and (<= 0 (+ o_0 (* up_step m))) (< (+ o_0 (* up_step m)) out)))))
(set-info :status unsat)
(check-sat)
(pop 1)
