(* Finite sums over 0 <= j < n, and the few laws that every other file lives on.

   The solvers beside this directory (../smt) show, for all sizes at once, that two loops visit the same
   index triples. That the two loops then compute the same number is a statement about sums, and finite
   sums of any length are beyond them: it needs induction. This file does the induction, once. What is
   summed may be anything that can be added in any order (a commutative monoid); where values are also
   multiplied, they form a commutative semiring. The integers are one, and so are polynomials, the reals,
   and counting ways. Floating point is not: its addition is not associative. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From Coq Require Export ZArith Lia Bool Ring.
Open Scope Z_scope.

(* ---- Values ------------------------------------------------------------------------------------------ *)

(* Values that can be added in any order. *)
Class Monoid (R : Type) := {
  zero : R;
  add : R -> R -> R;
  add_zero : forall a, add zero a = a;
  add_comm : forall a b, add a b = add b a;
  add_assoc : forall a b c, add a (add b c) = add (add a b) c
}.

(* Values that can also be multiplied. Nothing is ever subtracted or divided. *)
Class Semiring (R : Type) := {
  addition :> Monoid R;
  one : R;
  mul : R -> R -> R;
  mul_one : forall a, mul one a = a;
  mul_zero : forall a, mul zero a = zero;
  mul_comm : forall a b, mul a b = mul b a;
  mul_assoc : forall a b c, mul a (mul b c) = mul (mul a b) c;
  mul_add : forall a b c, mul (add a b) c = add (mul a c) (mul b c)
}.

(* Indices are integers and keep the plain signs; values have signs of their own. *)
Notation "a [+] b" := (add a b) (at level 50, left associativity).
Notation "a [*] b" := (mul a b) (at level 40, left associativity).

(* Tells the tactic `ring` about a semiring. *)
Lemma semiring_laws {R} `{Semiring R} : semi_ring_theory zero one add mul eq.
Proof.
  constructor; [apply add_zero | apply add_comm | apply add_assoc | apply mul_one | apply mul_zero
               | apply mul_comm | apply mul_assoc | apply mul_add].
Qed.

(* ---- Definitions ------------------------------------------------------------------------------------- *)

Section Definitions.
  Context {R : Type} `{Monoid R}.

  Fixpoint total_of (n : nat) (f : Z -> R) : R :=
    match n with O => zero | S m => total_of m f [+] f (Z.of_nat m) end.

  (* f 0 + ... + f (n-1). An empty loop, n <= 0, gives zero. *)
  Definition total (n : Z) (f : Z -> R) : R := total_of (Z.to_nat n) f.

  (* A value under a condition, as in  if (condition) sum += v. *)
  Definition when (condition : bool) (v : R) : R := if condition then v else zero.

  (* A value that needs an index which may not exist, as in  if (found) sum += f(found). *)
  Definition if_found {A : Type} (found : option A) (f : A -> R) : R :=
    match found with Some j => f j | None => zero end.
End Definitions.

Notation "'sum' j < n , f" := (total n (fun j => f)) (at level 69, j name, n at level 69, f at level 69).
Notation "'given' j := found , f" := (if_found found (fun j => f))
  (at level 69, j name, found at level 69, f at level 69).

(* Whether j is one of 0, ..., n-1. *)
Definition inside (n j : Z) : bool := (0 <=? j) && (j <? n).

Lemma inside_spec n j : inside n j = true <-> 0 <= j < n.
Proof. unfold inside. rewrite andb_true_iff, Z.leb_le, Z.ltb_lt. tauto. Qed.

(* ---- Laws -------------------------------------------------------------------------------------------- *)

Section Laws.
  Context {R : Type} `{Monoid R}.
  Implicit Types (f g : Z -> R).

  Lemma add_zero_right (a : R) : a [+] zero = a.
  Proof. rewrite add_comm. apply add_zero. Qed.

  Lemma add_exchange (a b c d : R) : (a [+] b) [+] (c [+] d) = (a [+] c) [+] (b [+] d).
  Proof.
    rewrite <- !add_assoc. f_equal. rewrite !add_assoc. f_equal. apply add_comm.
  Qed.

  (* The two equations of a loop, and the induction that they allow. *)
  Lemma sum_empty n f : n <= 0 -> sum j < n, f j = zero.
  Proof. intros Hn. unfold total. replace (Z.to_nat n) with O by lia. reflexivity. Qed.

  Lemma sum_step n f : 0 <= n -> sum j < n + 1, f j = (sum j < n, f j) [+] f n.
  Proof.
    intros Hn. unfold total. replace (Z.to_nat (n + 1)) with (S (Z.to_nat n)) by lia. cbn [total_of].
    rewrite Z2Nat.id by lia. reflexivity.
  Qed.

  Lemma loop_induction (P : Z -> Prop) :
    (forall n, n <= 0 -> P n) -> (forall n, 0 <= n -> P n -> P (n + 1)) -> forall n, P n.
  Proof.
    intros Hempty Hstep n. destruct (Z.le_gt_cases n 0) as [Hn | Hn]; [apply Hempty, Hn |].
    apply (natlike_ind P); [apply Hempty; lia | intros m Hm IH; apply (Hstep m Hm IH) | lia].
  Qed.

  (* Equal terms give equal sums. *)
  Lemma sum_ext n f g : (forall j, 0 <= j < n -> f j = g j) -> sum j < n, f j = sum j < n, g j.
  Proof.
    revert n. apply (loop_induction (fun n => (forall j, 0 <= j < n -> f j = g j) -> total n f = total n g)).
    - intros n Hn _. now rewrite !sum_empty by lia.
    - intros n Hn IH E. rewrite !sum_step by lia. f_equal; [apply IH; intros | ]; apply E; lia.
  Qed.

  (* A sum of zeros is zero. *)
  Lemma sum_zero n f : (forall j, 0 <= j < n -> f j = zero) -> sum j < n, f j = zero.
  Proof.
    intros E. rewrite (sum_ext n f (fun _ => zero) E). clear E.
    induction n as [n Hn | n Hn IH] using loop_induction.
    - now apply sum_empty.
    - rewrite sum_step, IH by lia. apply add_zero.
  Qed.

  (* A sum can be split term by term. *)
  Lemma sum_add n f g : sum j < n, (f j [+] g j) = (sum j < n, f j) [+] (sum j < n, g j).
  Proof.
    induction n as [n Hn | n Hn IH] using loop_induction.
    - rewrite !sum_empty by lia. now rewrite add_zero.
    - rewrite !sum_step, IH by lia. apply add_exchange.
  Qed.

  (* Two nested loops can be exchanged. *)
  Lemma sum_swap n m (f : Z -> Z -> R) : sum i < n, sum j < m, f i j = sum j < m, sum i < n, f i j.
  Proof.
    induction n as [n Hn | n Hn IH] using loop_induction.
    - rewrite sum_empty by lia. symmetry. apply sum_zero. intros. now apply sum_empty.
    - rewrite sum_step, IH, <- sum_add by lia. apply sum_ext. intros. now rewrite sum_step by lia.
  Qed.

  (* If one term alone is not zero, the sum is that term. *)
  Lemma sum_only n f a :
    0 <= a < n -> (forall j, 0 <= j < n -> j <> a -> f j = zero) -> sum j < n, f j = f a.
  Proof.
    induction n as [n Hn | n Hn IH] using loop_induction; intros Ha Hzero; [lia |]. rewrite sum_step by lia.
    destruct (Z.eq_dec a n) as [-> | Hne].
    - rewrite sum_zero by (intros; apply Hzero; lia). apply add_zero.
    - rewrite IH by (intros; try apply Hzero; lia). rewrite (Hzero n) by lia. apply add_zero_right.
  Qed.

  (* A search is a lookup: where the condition holds at one known index or nowhere, no loop is needed.
     Every division by a stride in the forms is a use of this lemma. *)
  Lemma sum_found n (condition : Z -> bool) (found : option Z) f :
    (forall j, found = Some j <-> 0 <= j < n /\ condition j = true) ->
    sum j < n, when (condition j) (f j) = given j := found, f j.
  Proof.
    intros Hfound. destruct found as [a |]; cbn [if_found].
    - destruct (proj1 (Hfound a) eq_refl) as [Ha Hcondition].
      rewrite (sum_only n _ a Ha); [now rewrite Hcondition |].
      intros j Hj Hne. destruct (condition j) eqn:E; [| reflexivity].
      enough (Some a = Some j) by congruence. now apply Hfound.
    - apply sum_zero. intros j Hj. destruct (condition j) eqn:E; [| reflexivity].
      enough (None = Some j) by discriminate. now apply Hfound.
  Qed.

  (* A loop over t that visits index `to t` sums the same as the loop over all j, if it visits nothing
     outside or twice (`back` undoes `to`), and where it never comes there is nothing to sum. *)
  Lemma sum_reindex n m (to back : Z -> Z) f :
    (forall t, 0 <= t < m -> 0 <= to t < n /\ back (to t) = t) ->
    (forall j, 0 <= j < n -> (0 <= back j < m /\ to (back j) = j) \/ f j = zero) ->
    sum j < n, f j = sum t < m, f (to t).
  Proof.
    intros Hto Hback. transitivity (sum j < n, sum t < m, when (j =? to t) (f j)).
    - apply sum_ext. intros j Hj. symmetry. destruct (Hback j Hj) as [[Hin E] | E].
      + rewrite (sum_only m _ (back j) Hin); [now rewrite E, Z.eqb_refl |].
        intros t Ht Hne. destruct (Z.eqb_spec j (to t)) as [-> | ]; [| reflexivity].
        now rewrite (proj2 (Hto t Ht)) in Hne.
      + rewrite E. apply sum_zero. intros t _. now destruct (j =? to t).
    - rewrite sum_swap. apply sum_ext. intros t Ht. destruct (Hto t Ht) as [Hin _].
      rewrite (sum_only n _ (to t) Hin); [now rewrite Z.eqb_refl |].
      intros j _ Hne. now rewrite (proj2 (Z.eqb_neq _ _) Hne).
  Qed.

  (* A loop can run backwards. *)
  Lemma sum_reverse n f : sum j < n, f j = sum j < n, f (n - 1 - j).
  Proof. apply (sum_reindex n n (fun t => n - 1 - t) (fun j => n - 1 - j)); intros; lia. Qed.

  (* A condition that does not change during a loop can be moved out of it. *)
  Lemma sum_when n condition f : sum j < n, when condition (f j) = when condition (sum j < n, f j).
  Proof. destruct condition; [reflexivity | now apply sum_zero]. Qed.

  Lemma sum_given {A} n (found : option A) (f : Z -> A -> R) :
    sum j < n, (given a := found, f j a) = given a := found, sum j < n, f j a.
  Proof. destruct found; [reflexivity | now apply sum_zero]. Qed.
End Laws.

Section Products.
  Context {R : Type} `{Semiring R}.
  Add Ring values : (semiring_laws (R := R)).
  Implicit Types (c : R).

  (* Factors move in and out of loops and conditions. *)
  Lemma mul_sum n c (f : Z -> R) : c [*] (sum j < n, f j) = sum j < n, (c [*] f j).
  Proof.
    induction n as [n Hn | n Hn IH] using loop_induction.
    - rewrite !sum_empty by lia. ring.
    - rewrite !sum_step, <- IH by lia. ring.
  Qed.

  Lemma mul_when condition c v : c [*] when condition v = when condition (c [*] v).
  Proof. destruct condition; cbn [when]; ring. Qed.

  Lemma mul_given {A} (found : option A) c (f : A -> R) :
    c [*] (given j := found, f j) = given j := found, (c [*] f j).
  Proof. destruct found; cbn [if_found]; ring. Qed.
End Products.

(* ---- The integers are a semiring --------------------------------------------------------------------- *)

(* For the files that compute: `Import Integers` makes numbers values. *)
Module Integers.
  #[export] Instance integers_add : Monoid Z :=
    {| zero := 0; add := Z.add; add_zero := Z.add_0_l; add_comm := Z.add_comm; add_assoc := Z.add_assoc |}.

  #[export] Instance integers : Semiring Z :=
    {| one := 1; mul := Z.mul; mul_one := Z.mul_1_l; mul_zero := Z.mul_0_l; mul_comm := Z.mul_comm;
       mul_assoc := Z.mul_assoc; mul_add := Z.mul_add_distr_r |}.
End Integers.
