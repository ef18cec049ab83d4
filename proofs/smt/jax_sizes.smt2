; jax_sizes: lax.conv_transpose, which pads the stretched code, has the sizes and pads of the forward convolution.
;
; JAX thinks of the transposed convolution as zeros inserted, then a plain convolution, and its explicit padding lo, hi
; counts zeros around the stretched code; extent-1-lo pixels are cut from the image. It computes the size of a plain
; convolution, stretched + lo + hi - extent + 1, and for the words SAME and VALID it chooses
;
;     SAME    lo + hi = extent + stride - 2,  lo = extent-1 if stride > extent-1, else ceil of half
;     VALID   lo + hi = extent + stride - 2 + max(extent - stride, 0),  lo = extent-1
;
; To prove: the sizes are stride*out and stride*out + max(extent - stride, 0), as conv_transpose in
; conventions/jax.cpp has them; the forward convolution leads back; and the cut in front is the forward padding.
;
; Try it: out = 4, stride 2, taps = 3. stretched = 7. SAME: lo + hi = 3, lo = 2: 7 + 3 - 2 = 8, cut 3-1-2 = 0 in front.
; Forward SAME of 8 pixels: total 1, begin 0. And back: ceil(8/2) = 4.
(set-logic QF_NIA)
(set-info :statement "JAX: SAME, VALID and explicit pads come back, with the pads of the forward convolution")
(set-info :claims "shape")
(set-info :source "jax.lax.conv_transpose")

(declare-const in Int)
(declare-const out Int)
(declare-const down Int)
(declare-const extent Int)      ; rhs_dilation*(taps-1) + 1
(declare-const lo Int)          ; zeros before and behind the stretched code
(declare-const hi Int)

(define-fun max ((a Int) (b Int)) Int (ite (> a b) a b))
(define-fun stretched () Int (+ (* down (- out 1)) 1))
(define-fun pad () Int (- (- extent 1) lo))             ; cut from the image in front, and behind
(define-fun pad_behind () Int (- (- extent 1) hi))
(define-fun code_size ((begin Int) (end Int)) Int (+ (div (- (+ in begin end) extent) down) 1))

; The words, as JAX defines them.
(define-fun same () Bool
  (and (= (+ lo hi) (- (+ extent down) 2))
       (= lo (ite (> down (- extent 1)) (- extent 1) (- (div (- (- (+ extent down) 2)) 2))))))
(define-fun valid () Bool
  (and (= (+ lo hi) (+ (- (+ extent down) 2) (max (- extent down) 0)))
       (= lo (- extent 1))))

; Forward SAME of stride*out pixels: its code has `out` (same_image_sizes.smt2).
(define-fun forward_total () Int (max (- (+ (* (- out 1) down) extent) in) 0))

(assert (>= down 1))
(assert (>= extent 1))
(assert (= in (+ (- (+ stretched lo hi) extent) 1)))    ; a plain convolution over the stretched code

; What products.smt2 proves about multiples: those of `down` lie at least `down` apart. Asserted where a goal needs it.
(define-fun apart ((n Int)) Bool
  (=> (and (< (- down) (* down n)) (< (* down n) down)) (= n 0)))

; SAME of the example.
(push 1)
(assert (= out 4))
(assert (= down 2))
(assert (= extent 3))
(assert same)
(assert (= lo 2))
(assert (= in 8))
(set-info :status sat)
(check-sat)
(pop 1)

; VALID with a stride longer than the kernel, and explicit pads that add pixels in front.
(push 1)
(assert valid)
(assert (> down extent))
(assert (> extent 1))
(assert (> out 2))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(assert (= pad (- 2)))
(assert (> pad_behind 0))
(assert (= (code_size pad pad_behind) out))
(assert (> down 1))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "explicit: natural size less the pads cut, as everywhere")
(assert (not (= in (- (+ (* down (- out 1)) extent) pad pad_behind))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "explicit: comes back under the pads cut")
(assert (not (= (code_size pad pad_behind) out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "SAME: stride*out pixels")
(assert same)
(assert (not (= in (* out down))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "SAME: the cut in front is the padding of forward SAME, half of the total rounded down")
(assert same)
(assert (not (= pad (div forward_total 2))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "VALID: stride*out + max(extent - stride, 0) pixels, nothing cut in front")
(assert valid)
(assert (not (and (= in (+ (* out down) (max (- extent down) 0))) (= pad 0))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "VALID: comes back under forward VALID, which pads nothing (extent >= stride)")
(assert valid)
(assert (>= extent down))
(assert (apart (- (code_size 0 0) out)))
(assert (not (= (code_size 0 0) out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "VALID: comes back under forward VALID, which pads nothing (extent < stride)")
(assert valid)
(assert (< extent down))
(assert (not (= (code_size 0 0) out)))
(set-info :status unsat)
(check-sat)
(pop 1)
