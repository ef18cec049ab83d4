; zero_insertion_ignores_dilation: k-p-1 zeros around the code, whatever the dilation.
;
; "The transpose pads by k-p-1."  So says [DV16], for dense filters. A dilated filter has holes, and it is its extent,
; holes included, that decides how far its first tap is from its last. Dilation came later than most formulas that
; people copy, and with dilation 1 nothing is wrong.
; Where one meets it: every "p' = k-p-1" that is applied to a layer with dilation.
; True instead: p' = dilation*(taps-1) - p; [DV16] relation 15 gives the extent.
(set-logic QF_NIA)
(set-info :belief "zero insertion pads the code by taps-1-p, whatever the dilation")
(set-info :source "[DV16] relations 13 and 15")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const o Int)
(declare-const i Int)
(declare-const k Int)

(define-fun tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= i (- (+ (* down o) (* dilation k)) pad))))

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
; The filter is reversed and dilated as it should be; only the zeros before the code are too few.
(define-fun believed ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (+ i (* dilation (- taps 1 k))) (- (+ (* down o) (- taps 1)) pad))))

(assert (and (>= in 1) (>= out 1) (>= taps 1) (>= down 1) (>= dilation 1)))
; The filter fits into the image, and no window lies in the padding alone.
(assert (<= extent in))
(assert (and (<= 0 pad) (< pad extent)))

; The hypotheses can be true together, and taps exist.
(push 1)
(assert (and (>= taps 2) (tap o i k)))
(set-info :status sat)
(check-sat)
(pop 1)

; A tap on which they disagree.
(push 1)
(assert (not (= (tap o i k) (believed o i k))))
(set-info :status sat)
(check-sat)
(get-value (in out taps down dilation pad))
(pop 1)
