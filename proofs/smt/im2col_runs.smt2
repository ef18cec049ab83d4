; im2col_runs: the taps of one k are one run of code pixels, up apart, and of image pixels, down apart.
;
; im2col copies, for every tap k, a run of pixels: it searches the first code pixel o_0 (one of `up` neighbours) whose
; tap k falls on a pixel i_0 and not between two, and then walks: o = o_0 + up*m, i = i_0 + down*m. Neither `%` nor an
; `if` is left in the loop. To prove: these are all the taps of this k, and the bounds of m, computed beforehand,
;
;     max(0, ceil(-i_0/down))  <=  m  <  min(ceil((in - i_0)/down), (out-1-o_0)/up + 1)
;
; are exactly those that keep both pixels in range (run_of_tap in forms/im2col.cpp).
;
; Try it: stride 3/2 (down = 3, up = 2), pad 1, k = 0: o_0 = 1, i_0 = (3*1 - 1)/2 = 1. Then o = 1, 3, 5, ... reads
; i = 1, 4, 7, ...
;
; This is where the stride must be in lowest terms. With stride 2/2 every code pixel would fall on an image pixel, but
; the walk would visit every second one. Lowest terms enter as Bezout's identity, a*down + b*up = 1: from
; down*(o - o_0) = up*(i - i_0) it follows that o - o_0 = up*m with m = a*(i - i_0) + b*(o - o_0).
(set-logic QF_NIA)
(set-info :statement "the taps of one k: o = o_0 + up*m, i = i_0 + down*m, with bounds for m known beforehand")
(set-info :claims "matrix transpose weight-gradient")

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
(declare-const o_0 Int)         ; where the run begins
(declare-const i_0 Int)
(declare-const m Int)
(declare-const a Int)           ; Bezout's numbers
(declare-const b Int)

(define-fun rational_tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (* up i) (- (+ (* down o) (* dilation k)) pad))))

(define-fun steps () Int (+ (* a (- i i_0)) (* b (- o o_0))))       ; from the first pair of the run to (o, i)

(define-fun max ((a Int) (b Int)) Int (ite (> a b) a b))
(define-fun min ((a Int) (b Int)) Int (ite (< a b) a b))
(define-fun ceil_by_down ((value Int)) Int (- (div (- value) down)))
(define-fun image_begin () Int (ceil_by_down (- i_0)))
(define-fun image_end () Int (ceil_by_down (- in i_0)))
(define-fun code_end () Int (+ (div (- out 1 o_0) up) 1))
(define-fun begin_m () Int (max 0 image_begin))
(define-fun end_m () Int (min image_end code_end))

(assert (>= down 1))
(assert (>= up 1))
(assert (<= 0 o_0))             ; one of up neighbours, and a code pixel
(assert (< o_0 up))
(assert (< o_0 out))
(assert (= (* up i_0) (- (+ (* down o_0) (* dilation k)) pad)))     ; i_0 may lie outside of the image

; Stride 3/2, and a run that begins before the image.
(push 1)
(assert (= down 3))
(assert (= up 2))
(assert (= (+ (* a down) (* b up)) 1))
(assert (< i_0 0))
(assert (rational_tap o i k))
(assert (= o (+ o_0 (* up m))))
(assert (= i (+ i_0 (* down m))))
(assert (> m begin_m))
(assert (< (+ m 1) end_m))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "every pair of the run solves the equation")
(assert (= o (+ o_0 (* up m))))
(assert (= i (+ i_0 (* down m))))
(assert (not (= (* up i) (- (+ (* down o) (* dilation k)) pad))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "a tap of this k differs from the first by down*(o - o_0) = up*(i - i_0)")
(assert (rational_tap o i k))
(assert (not (= (* down (- o o_0)) (* up (- i i_0)))))
(set-info :status unsat)
(check-sat)
(pop 1)

; The hypothesis is Bezout's step of products.smt2 with p = down, q = up, x = o - o_0 and y = i - i_0.
(push 1)
(set-info :goal "so every tap of this k is in the run")
(assert (= (+ (* a down) (* b up)) 1))
(assert (= (* down (- o o_0)) (* up (- i i_0))))        ; the goal before
(assert (=> (and (= (+ (* a down) (* b up)) 1) (= (* down (- o o_0)) (* up (- i i_0))))
            (and (= (- o o_0) (* up steps)) (= (- i i_0) (* down steps)))))
(assert (not (and (= o (+ o_0 (* up steps))) (= i (+ i_0 (* down steps))))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "the bounds of m keep exactly the image pixels in range ...")
(assert (not (= (and (<= image_begin m) (< m image_end))
                (and (<= 0 (+ i_0 (* down m))) (< (+ i_0 (* down m)) in)))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "... and exactly the code pixels")
(assert (not (= (and (<= 0 m) (< m code_end))
                (and (<= 0 (+ o_0 (* up m))) (< (+ o_0 (* up m)) out)))))
(set-info :status unsat)
(check-sat)
(pop 1)
