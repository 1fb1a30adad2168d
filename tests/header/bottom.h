
#ifdef __cplusplus
}
#endif

#endif /* BOSAUTH_H */
