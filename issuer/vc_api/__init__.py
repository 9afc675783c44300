"""The VC API (VCALM 1.0): issue, verify, derive and change the status of what others compose."""
