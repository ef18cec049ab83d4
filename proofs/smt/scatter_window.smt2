; scatter_window: the code pixels whose windows contain image pixel i are an interval; a division finds their taps.
;
; scatter (forms/scatter.hpp) and col2im ask: which windows contain pixel i? With centre = up*i + pad, window o contains
; it where  0 <= centre - down*o < extent.  That is an interval of code pixels, from
;
;     first = max(ceil((centre - extent + 1) / down), 0)      to      last = min(floor(centre / down), out-1).
;
; Inside a dilated window not every pixel is seen: reach = centre - down*o must be a multiple of dilation, and then the
; tap is reach/dilation. To prove: this finds exactly the taps.
;
; Try it: i = 4, pad = 1, stride 2, taps = 3, dilation 1, out = 9: centre = 5, first = ceil(3/2) = 2, last = floor(5/2)
; = 2: code pixel 2 with reach 5 - 4 = 1, tap 1. With dilation 2 the extent is 5: first = 1, last = 2; reach is 3 for
; o = 1 and 1 for o = 2, both odd: nobody sees pixel 4.
;
; The proof is in two halves: the interval (o >= ceil(x/down) says down*o >= x), then the division.
(set-logic QF_NIA)
(set-info :statement "windows first..last contain pixel i, the tap is reach/dilation: exactly the taps")
(set-info :claims "matrix transpose gradient weight-gradient")

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

(define-fun rational_tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (* up i) (- (+ (* down o) (* dilation k)) pad))))

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
(define-fun centre () Int (+ (* up i) pad))
(define-fun reach () Int (- centre (* down o)))
(define-fun max ((a Int) (b Int)) Int (ite (> a b) a b))
(define-fun min ((a Int) (b Int)) Int (ite (< a b) a b))
(define-fun ceil_by_down ((value Int)) Int (- (div (- value) down)))    ; ceil_div of base/index.hpp
(define-fun first () Int (max (ceil_by_down (+ (- centre extent) 1)) 0))
(define-fun last () Int (min (div centre down) (- out 1)))

(assert (>= down 1))            ; the two divisors
(assert (>= dilation 1))
(assert (<= 0 i))               ; the loop over the image
(assert (< i in))

; Pixel 4 of a dilated filter, with two windows around it.
(push 1)
(assert (= i 4))
(assert (= pad 1))
(assert (= down 2))
(assert (= dilation 2))
(assert (= taps 3))
(assert (= up 1))
(assert (= first 1))
(assert (= last 2))
(set-info :status sat)
(check-sat)
(pop 1)

; And a tap that both halves find.
(push 1)
(assert (rational_tap o i k))
(assert (<= first o))
(assert (<= o last))
(assert (> dilation 1))
(assert (> down 1))
(assert (> k 0))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "from `first` on, windows end behind pixel i; before it they do not")
(assert (not (= (<= first o) (and (<= 0 o) (< reach extent)))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "up to `last`, windows begin at pixel i or before; after it they do not")
(assert (not (= (<= o last) (and (< o out) (<= 0 reach)))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "a tap lies in its window, and division by dilation finds k")
(assert (rational_tap o i k))
(assert (>= (* dilation k) 0))                      ; no negative factors
(assert (>= (* dilation (- (- taps 1) k)) 0))
(assert (not (and (<= 0 reach) (< reach extent)
                  (= (mod reach dilation) 0) (= (div reach dilation) k))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "in a window that contains pixel i, a multiple of dilation is a tap")
(assert (<= 0 o))
(assert (< o out))
(assert (<= 0 reach))
(assert (< reach extent))
(assert (= (mod reach dilation) 0))
(assert (not (rational_tap o i (div reach dilation))))
(set-info :status unsat)
(check-sat)
(pop 1)
