(* Numbers: the definitions computed on small cases, and wrong variants that differ.

   A theorem about empty definitions proves nothing. Here each map is evaluated on an axis that fits on a
   hand-written page, so that a reader can check the definitions against any framework; and the usual
   mistakes (no flip, the wrong pad, division that rounds the wrong way, a tap dropped) are evaluated too
   and shown to give something else. The proofs are computations. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From fsconv Require Import Layer ZeroInsertion.
Import ListNotations Integers.

(* ---- Arrays ------------------------------------------------------------------------------------------- *)

(* An array of numbers. Outside it stands 99, so that a loop that leaves the array gives itself away. *)
Definition array (values : list Z) (j : Z) : Z :=
  if inside (Z.of_nat (length values)) j then nth (Z.to_nat j) values 99 else 99.

(* The first n values of f. *)
Definition listed {A} (n : Z) (f : Z -> A) : list A := map (fun j => f (Z.of_nat j)) (seq 0 (Z.to_nat n)).

(* ---- Stride 2, three taps, no padding: 6 pixels and 2 ------------------------------------------------ *)

Definition a : Axis := {| in_ := 6; out := 2; taps := 3; down := 2; up := 1; dilation := 1; pad := 0 |}.
Definition w := array [1; 2; 3].
Definition x := array [1; 1; 2; 3; 5; 8].
Definition y := array [10; 1].

Example matrix : listed (out a) (fun o => listed (in_ a) (W a w o)) = [[1; 2; 3; 0; 0; 0];
                                                                       [0; 0; 1; 2; 3; 0]].
Proof. reflexivity. Qed.

Example conv_ : listed (out a) (conv a w x) = [9; 23].
Proof. reflexivity. Qed.

Example conv_transpose_ : listed (in_ a) (conv_transpose a w y) = [10; 20; 31; 2; 3; 0].
Proof. reflexivity. Qed.

Example weight_gradient_ : listed (taps a) (weight_gradient a y x) = [12; 13; 25].
Proof. reflexivity. Qed.

(* <y, W x> = 10*9 + 23 = <x, W^T y> = 10 + 20 + 62 + 6 + 15 = <w, gradient> = 12 + 26 + 75. *)
Example three_pairings : (L a y w x, pairing 2 y (conv a w x), pairing 6 x (conv_transpose a w y),
                          pairing 3 w (weight_gradient a y x)) = (113, 113, 113, 113).
Proof. reflexivity. Qed.

(* The other forms, and the transposed axis: 2 pixels to 6 with stride 1/2. *)
Example transposed_axis :
  transposed a = {| in_ := 2; out := 6; taps := 3; down := 1; up := 2; dilation := 1; pad := 2 |}.
Proof. reflexivity. Qed.

Example by_scatter : listed 6 (scatter a w y) = [10; 20; 31; 2; 3; 0].
Proof. reflexivity. Qed.

Example by_polyphase : listed 6 (polyphase a 1 w y) = [10; 20; 31; 2; 3; 0].
Proof. reflexivity. Qed.

Example by_zero_insertion : listed 6 (zero_insertion_conv_transpose a w y) = [10; 20; 31; 2; 3; 0].
Proof. reflexivity. Qed.

Example stretched_code : listed 8 (stretched_image (transposed a) y) = [0; 0; 10; 0; 1; 0; 0; 0].
Proof. reflexivity. Qed.

Example by_transposed_axis : listed 6 (conv (transposed a) (flipped a w) y) = [10; 20; 31; 2; 3; 0].
Proof. reflexivity. Qed.

(* ---- Stride 3/2, dilation 2, padding -1: 8 pixels and 4 ---------------------------------------------- *)

(* 2*i = 3*o + 2*k + 1: a stride in which both numbers divide, a filter with holes, a cropped image. *)
Definition b : Axis := {| in_ := 8; out := 4; taps := 3; down := 3; up := 2; dilation := 2; pad := -1 |}.
Definition z := array [1; 10; 100; 1000].

Example rational_matrix : listed (out b) (fun o => listed (in_ b) (W b w o)) = [[0; 0; 0; 0; 0; 0; 0; 0];
                                                                                [0; 0; 1; 2; 3; 0; 0; 0];
                                                                                [0; 0; 0; 0; 0; 0; 0; 0];
                                                                                [0; 0; 0; 0; 0; 1; 2; 3]].
Proof. reflexivity. Qed.

(* 2 * 2 = 1 modulo 3: the inverse that polyphase needs, and one that is none. *)
Example inverse_of_2 : is_inverse (conv_transpose_problem b) 2 /\ ~ is_inverse (conv_transpose_problem b) 1.
Proof. split; [reflexivity | discriminate]. Qed.

Example rational_forms :
  map (listed (in_ b)) [conv_transpose b w z; scatter b w z; polyphase b 2 w z;
                        zero_insertion_conv_transpose b w z; conv (transposed b) (flipped b w) z]
  = repeat [0; 0; 10; 20; 30; 1000; 2000; 3000] 5.
Proof. reflexivity. Qed.

(* ---- Stride 4/2, four taps, padding 1: 5 pixels and 3 ------------------------------------------------ *)

(* 2*i = 4*o + k - 1: taps 1 and 3 meet pixels, 0 and 2 nothing but inserted zeros. *)
Definition c42 : Axis := {| in_ := 5; out := 3; taps := 4; down := 4; up := 2; dilation := 1; pad := 1 |}.
Definition w42 := array [1; 2; 3; 4].
Definition y42 := array [1; 10; 100].

Example common_factor_matrix : listed (out c42) (fun o => listed (in_ c42) (W c42 w42 o)) = [[2; 4; 0; 0; 0];
                                                                                             [0; 0; 2; 4; 0];
                                                                                             [0; 0; 0; 0; 2]].
Proof. reflexivity. Qed.

Example common_factor_forms :
  map (listed (in_ c42)) [conv_transpose c42 w42 y42; scatter c42 w42 y42; polyphase c42 1 w42 y42;
                          zero_insertion_conv_transpose c42 w42 y42; conv (transposed c42) (flipped c42 w42) y42]
  = repeat [2; 4; 20; 40; 200] 5.
Proof. reflexivity. Qed.

(* ---- Two axes, two groups ---------------------------------------------------------------------------- *)

(* Each group has one image channel and two code channels. Images 3x4, codes 2x2, filters 2x2. *)
Definition g : Geometry :=
  {| axes := [{| in_ := 3; out := 2; taps := 2; down := 1; up := 1; dilation := 1; pad := 0 |};
              {| in_ := 4; out := 2; taps := 2; down := 2; up := 1; dilation := 1; pad := 0 |}];
     in_channels := 2; out_channels := 4; groups := 2 |}.

(* Arrays in which every element is different: the digits of the number are its indices. *)
Definition digits (c d : Z) (js : list Z) : Z := fold_left (fun value j => 10 * value + j) js (10 * c + d).

(* Image 0, code channel 2 and so image channel 1, position (1, 1): four taps. *)
Example layer_code : layer_conv g digits digits 0 2 [1; 1]
                     = 2100*112 + 2101*113 + 2110*122 + 2111*123.
Proof. reflexivity. Qed.

(* Image 0, image channel 1 and so code channels 2 and 3, position (1, 3): two taps each. *)
Example layer_image : layer_conv_transpose g digits digits 0 1 [1; 3]
                      = 2101*211 + 2111*201 + 3101*311 + 3111*301.
Proof. reflexivity. Qed.

Example layer_pairings : (layer_L g 2 digits digits digits,
                          code_pairing g 2 digits (layer_conv g digits digits),
                          image_pairing g 2 digits (layer_conv_transpose g digits digits),
                          weight_pairing g digits (layer_weight_gradient g 2 digits digits))
                         = (137809901056, 137809901056, 137809901056, 137809901056).
Proof. vm_compute. reflexivity. Qed.

(* ---- Wrong variants ---------------------------------------------------------------------------------- *)

(* What is right for the two axes above, and for the first with its image cropped by one pixel. *)
Definition with_pad (c : Axis) (p : Z) : Axis :=
  {| in_ := in_ c; out := out c; taps := taps c; down := down c; up := up c; dilation := dilation c;
     pad := p |}.
Definition cropped : Axis := with_pad a (-1).

Definition right_a := listed 6 (conv_transpose a w y).
Definition right_b := listed 8 (conv_transpose b w z).
Definition right_cropped := listed 6 (conv_transpose cropped w y).

(* The filter must be flipped. *)
Example no_flip_differs : listed 6 (conv (transposed a) w y) <> right_a.
Proof. vm_compute. discriminate. Qed.

(* The pad of the transposed axis is not the pad of the axis ... *)
Example pad_differs :
  listed 6 (conv (with_pad (transposed a) (pad a)) (flipped a w) y) <> right_a.
Proof. vm_compute. discriminate. Qed.

(* ... nor taps-1 - pad, where the filter has holes. *)
Example pad_without_dilation_differs :
  listed 8 (conv (with_pad (transposed b) (taps b - 1 - pad b)) (flipped b w) z) <> right_b.
Proof. vm_compute. discriminate. Qed.

(* The stride must be inverted. *)
Example same_stride_differs :
  let c := {| in_ := 2; out := 6; taps := 3; down := 2; up := 1; dilation := 1; pad := 2 |} in
  listed 6 (conv c (flipped a w) y) <> right_a.
Proof. vm_compute. discriminate. Qed.

(* A stride is more than its quotient: 2/2 is not 1. No theorem asks for lowest terms. *)
Example stride_is_not_cancelled :
  let c stride :=
    {| in_ := 2; out := 2; taps := 2; down := stride; up := stride; dilation := 1; pad := 0 |} in
  listed 2 (conv (c 2) w x) <> listed 2 (conv (c 1) w x).
Proof. vm_compute. discriminate. Qed.

(* No tap may be dropped. *)
Example tap_dropped_differs :
  listed 6 (fun i => sum k < taps a - 1, given o := code_at a i k, w k * y o) <> right_a.
Proof. vm_compute. discriminate. Qed.

(* A division that rounds towards zero needs the test of the sign before it. *)
Definition quotient_without_sign (position step size : Z) : option Z :=
  if negb (Z.rem position step =? 0) || (size <=? Z.quot position step) then None
  else Some (Z.quot position step).

Example no_sign_test_differs :
  listed 6 (fun i => sum k < taps a, given o := quotient_without_sign (i - k) 2 2, w k * y o) <> right_a.
Proof. vm_compute. discriminate. Qed.

(* The remainder must be tested: rounding to the nearest pixel below invents taps. *)
Example no_remainder_test_differs :
  listed 6 (fun i => sum k < taps a, when (inside 2 ((i - k) / 2)) (w k * y ((i - k) / 2))) <> right_a.
Proof. vm_compute. discriminate. Qed.

(* The phases of a textbook, for dilation 1 and up 1: right with floor division, wrong with C++'s. *)
Definition textbook (divide modulo : Z -> Z -> Z) (c : Axis) (i : Z) : Z :=
  let phase := modulo (i + pad c) (down c) in
  let first := divide (i + pad c) (down c) in
  sum j < (taps c - phase + down c - 1) / down c,
    when (inside (out c) (first - j)) (w (phase + down c * j) * y (first - j)).

Example textbook_with_floor :
  listed 6 (textbook Z.div Z.modulo cropped) = right_cropped.
Proof. reflexivity. Qed.

Example textbook_with_truncation_differs :
  listed 6 (textbook Z.quot Z.rem cropped) <> right_cropped.
Proof. vm_compute. discriminate. Qed.

(* The window of scatter: right as defined, too wide where its ends are rounded towards zero. *)
Definition windows (divide_up divide_down : Z -> Z -> Z) (c : Axis) (i : Z) : Z :=
  let first := Z.max (divide_up (centre c i - extent c + 1) (down c)) 0 in
  let last := Z.min (divide_down (centre c i) (down c)) (out c - 1) in
  sum t < last - first + 1, when (hits c i (first + t)) (w (hit c i (first + t)) * y (first + t)).

Example window_with_floor_and_ceiling :
  listed 6 (windows ceil_div floor_div cropped) = right_cropped.
Proof. reflexivity. Qed.

Example window_with_truncated_first_differs :
  listed 6 (windows Z.quot floor_div a) <> right_a.
Proof. vm_compute. discriminate. Qed.

Example window_with_truncated_last_differs :
  listed 6 (windows ceil_div Z.quot cropped) <> right_cropped.
Proof. vm_compute. discriminate. Qed.

(* Without its hypothesis on the inverse, polyphase is wrong. *)
Example wrong_inverse_differs : listed 8 (polyphase b 1 w z) <> right_b.
Proof. vm_compute. discriminate. Qed.

(* Without 1 <= dilation, two taps join one pair of pixels, and going by pairs finds one of them. *)
Example dilation_zero_differs :
  let c := {| in_ := 2; out := 2; taps := 2; down := 1; up := 1; dilation := 0; pad := 0 |} in
  by_pair c (fun o i k => w k) <> over_taps c (fun o i k => w k).
Proof. vm_compute. discriminate. Qed.

(* Without 1 <= down, every code pixel lands on the same image pixel, and a division cannot find them. *)
Example down_zero_differs :
  let c := {| in_ := 2; out := 2; taps := 2; down := 0; up := 1; dilation := 1; pad := 0 |} in
  by_image_pixel c (fun o i k => w k) <> over_taps c (fun o i k => w k).
Proof. vm_compute. discriminate. Qed.

(* W^T is the transpose of W, not its inverse: "deconvolution" is the wrong word. *)
Example not_an_inverse : listed 6 (conv_transpose a w (conv a w x)) <> listed 6 x.
Proof. vm_compute. discriminate. Qed.

(* Two layers are transposed in the opposite order, and the order matters. *)
Example order_matters :
  let c := {| in_ := 4; out := 4; taps := 2; down := 1; up := 1; dilation := 1; pad := 0 |} in
  let d := {| in_ := 4; out := 4; taps := 2; down := 2; up := 1; dilation := 1; pad := 0 |} in
  let u := array [1; 2; 3; 4] in
  let right := listed 4 (conv_transpose c w (conv_transpose d w u)) in
  listed 4 (fun i => sum o < 4, W_of_two d w c w o i * u o) = right
  /\ listed 4 (conv_transpose d w (conv_transpose c w u)) <> right.
Proof. split; [vm_compute; reflexivity | vm_compute; discriminate]. Qed.
