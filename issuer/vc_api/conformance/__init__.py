"""The conformance profile: the VC API as public test suites call it, anonymous, on keys of its own.

It differs from the product where the suites ask for it: a refusal is 400 with the result in its
body also for a credential that does not verify, any option is taken, and documents of the data
model 1.1 are issued. Nothing here reads or writes the institution's data or keys.
"""
